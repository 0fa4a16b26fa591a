"""Tests of the commands that change records."""
