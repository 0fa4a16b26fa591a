"""Plans: which access path covers a query tree, and what the path does not prove."""
