"""What rows say together: families, profiles, costs."""
