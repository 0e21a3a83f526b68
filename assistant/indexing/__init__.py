"""Chunks in, a folder under `indexes/` out; and such a folder opened for reading."""
