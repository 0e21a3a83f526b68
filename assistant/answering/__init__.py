"""Evidence becomes an answer, or the reason why there is none."""
