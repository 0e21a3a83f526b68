"""Models behind protocols: embedders and chat models."""
