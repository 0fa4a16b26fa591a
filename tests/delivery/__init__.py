"""Delivery: what partners are called back with, and what they cannot make of it."""
