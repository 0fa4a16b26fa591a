"""The API's own description (OpenAPI 3.1), made of its models."""
