"""Queries: from the standard's query types to the query tree and its meaning."""
