"""Queries: the standard's query types, read into one tree, and what the tree means."""
