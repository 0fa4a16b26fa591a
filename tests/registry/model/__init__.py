"""Tests of the models of records."""
