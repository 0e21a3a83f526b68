"""Two documents or versions side by side: which clauses changed, came, went or moved, and which words."""
