"""The nouns of the product. Standard library only."""
