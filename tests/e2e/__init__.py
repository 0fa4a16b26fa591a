"""Tests in Lambda's own containers."""
