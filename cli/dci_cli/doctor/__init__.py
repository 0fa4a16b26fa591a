"""`dci doctor`: is a deployment well, seen from outside, and what mends it if not."""
