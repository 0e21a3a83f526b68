"""Documents are cut into passages along their clause lines."""
