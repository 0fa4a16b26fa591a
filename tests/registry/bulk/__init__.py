"""Tests of whole registries: generated, exported, and new tables from S3."""
