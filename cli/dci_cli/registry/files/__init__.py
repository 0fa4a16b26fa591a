"""The files of a registry: tables and JSON Lines, read row by row, and what is written beside them."""
