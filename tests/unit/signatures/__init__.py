"""Tests of signed messages: JSON forms and dialects."""
