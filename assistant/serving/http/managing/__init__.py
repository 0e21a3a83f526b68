"""管理: the pages on which the library, who may ask, and what was done are looked after."""
