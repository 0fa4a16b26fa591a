"""What the registry commands share."""
