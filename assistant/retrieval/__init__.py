"""A question becomes a ranking of clauses, and the best of them evidence."""
