"""Tests of the functions through their handlers."""
