"""Tests of the mapping to the standard's codes."""
