"""A conversation and a new question become a query that stands on its own feet."""
