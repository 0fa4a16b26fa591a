"""A made-up population of any size, distributed as a real one is."""
