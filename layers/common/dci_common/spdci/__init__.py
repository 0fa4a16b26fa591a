"""The standard's messages: envelope, fields and pagination."""
