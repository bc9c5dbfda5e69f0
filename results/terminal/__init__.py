"""The tables and sentences of the terminal."""
