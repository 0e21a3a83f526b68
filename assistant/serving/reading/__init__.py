"""What the reading pages show: documents as lists, blocks and runs of words. No markup is made here."""
