"""Tests of the registry: parsing, planning and storage keys."""
