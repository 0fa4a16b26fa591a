"""Tests of attacks, each of which must fail."""
