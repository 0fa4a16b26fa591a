"""Execution: carries out a plan against DynamoDB and returns the records that match now."""
