"""`dci registry import`: files, staging, comparison and writing."""
