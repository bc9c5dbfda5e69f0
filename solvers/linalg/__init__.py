"""A function's Hessian at one point, and one symmetric system with it."""
