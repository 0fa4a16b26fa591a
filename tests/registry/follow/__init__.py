"""Tests of `dci registry follow`."""
