"""Asking DynamoDB and Secrets Manager."""
