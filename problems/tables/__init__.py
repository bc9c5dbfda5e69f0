"""What writes the tables in `problems/data` anew; needs other libraries, and no run needs it."""
