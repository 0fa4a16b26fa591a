"""The HTTP client: which addresses it reaches, what is in its requests, and what comes of answers."""
