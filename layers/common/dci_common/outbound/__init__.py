"""The HTTP client of what partners name: receivers of callbacks, token endpoints, key sets."""
