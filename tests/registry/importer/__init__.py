"""Tests of `dci registry import`."""
