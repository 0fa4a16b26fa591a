"""Tests of the registry's model, its writing, and `dci registry`."""
