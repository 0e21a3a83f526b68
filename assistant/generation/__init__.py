"""Evidence becomes an answer in which each sentence is proved by a clause."""
