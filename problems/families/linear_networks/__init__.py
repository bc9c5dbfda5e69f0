"""Linear networks with weight decay, whose stationary points are isolated and known."""
