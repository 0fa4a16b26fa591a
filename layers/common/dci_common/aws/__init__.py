"""Calls to AWS: DynamoDB and Secrets Manager."""
