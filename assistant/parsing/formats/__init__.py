"""One module per file format: bytes in, `Parsed` out. Nothing here opens a file or a connection."""
