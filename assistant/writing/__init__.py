"""A language model's words, each proved before it is shown."""
