"""Orders in documents and questions, invented words, broken replies: what of them reaches a reader."""
