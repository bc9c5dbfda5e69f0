"""What is measured: cells, the options that choose them, sizes and shards."""
