"""`dci registry import`: staging, comparison and writing."""
