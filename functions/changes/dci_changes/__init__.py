"""The changes function: tells of changed records."""
