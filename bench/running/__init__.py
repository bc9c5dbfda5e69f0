"""Many cells one after the other, whatever happens to one of them."""
