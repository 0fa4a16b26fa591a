"""Execution: runs a plan against DynamoDB and returns what still matches."""
