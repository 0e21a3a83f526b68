"""What each line of a text is, before any tree is built."""
