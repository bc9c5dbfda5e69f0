"""Programs compiled for a card that is not there."""
