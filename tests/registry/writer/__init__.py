"""Tests of changes of records, as transactions."""
