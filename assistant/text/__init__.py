"""Characters, numerals, words."""
