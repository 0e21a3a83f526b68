"""What a text states of itself, one module for each kind of fact."""
