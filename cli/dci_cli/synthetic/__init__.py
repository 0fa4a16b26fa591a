"""A synthetic population of any size, with realistic distributions."""
