"""What the lanes went through on their way, from calls beside the timed ones."""
