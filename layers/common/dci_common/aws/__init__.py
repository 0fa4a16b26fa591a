"""Calls to AWS: DynamoDB, Secrets Manager and SQS."""
