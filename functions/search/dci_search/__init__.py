"""The search function: the registry's door for partner systems."""
