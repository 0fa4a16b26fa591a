"""Tests of responses against the standard's OpenAPI files, and against OAuth clients."""
