"""The registry: canonical records, the attribute catalogue, the query tree, and DynamoDB underneath."""
