"""How the library is tended: what people asked in vain, and the gold set by which a new release is measured."""
