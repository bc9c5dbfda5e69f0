"""Stationary points without a batch of ends: formulae, algebra, certified search, continuation."""
