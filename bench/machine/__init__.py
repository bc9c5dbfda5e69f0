"""What is measured on: devices, their locks, and where a figure comes from."""
