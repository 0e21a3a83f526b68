"""The clause tree of an official text, grown by one reader for each of its parts over one `Cursor`."""
