"""Rows that other tools measured: read, marked as unjudged, and kept apart from what this suite says."""
