"""Writes: changes of records as DynamoDB transactions."""
