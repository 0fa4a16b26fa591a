"""The attribute catalogue: what a query may ask about, and the types of values."""
