"""What is read from a question."""
