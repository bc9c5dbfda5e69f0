"""Data of which a few rows stand for all."""
