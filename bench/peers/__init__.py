"""Servers that a good engineer would write instead, and what measures them beside ours: `make bench-peers`."""
