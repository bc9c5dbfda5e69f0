"""The verbs of `zerograd`."""
