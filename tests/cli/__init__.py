"""Tests of the command line and the local server."""
