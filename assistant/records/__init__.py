"""What has to be remembered: one store in SQLite or PostgreSQL, and its tables."""
