"""Whole registries in and out: export, generate, and new tables from S3."""
