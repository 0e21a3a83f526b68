"""What keeps the library up to date from the pages of 管理: the life of documents, and the tables of words."""
