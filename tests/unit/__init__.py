"""Tests of rules with more cases than a request can show."""
