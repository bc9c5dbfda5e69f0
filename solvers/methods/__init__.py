"""Iterations of one point; how many run at once, and how, is not known here."""
