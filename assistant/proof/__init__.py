"""Whether a text says what a clause says."""
