"""Tests of the artifacts that `make build` makes."""
