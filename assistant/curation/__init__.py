"""The library looked after: what is taken in, corrected, approved and published, and what is learnt from use."""
