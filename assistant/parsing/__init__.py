"""Source files become documents with a clause tree."""
