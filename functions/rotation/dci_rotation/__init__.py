"""The rotation function: makes and rotates the signing keys."""
