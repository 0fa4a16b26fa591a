"""Recorded requests, their answers, and the tables that they are answered from."""
