"""Releases as people make them: changes decided on, a publication looked at, published, rolled back, taken back."""
