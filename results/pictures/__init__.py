"""Pictures of rows and of the plane."""
