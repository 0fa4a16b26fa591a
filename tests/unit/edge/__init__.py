"""Tests of the HTTP edge of the functions."""
