"""The rotation function: makes the signing keys, and has them follow one another."""
