"""Cells with an aim of their own: a value of f to come to within so many seconds."""
