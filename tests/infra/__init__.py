"""Tests of the template, the locks and the events, read as data."""
