"""The search function: sync search for partner systems."""
