"""The changes function: reports changed records."""
