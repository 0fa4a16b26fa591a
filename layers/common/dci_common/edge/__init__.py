"""The edge: HTTP events in, responses out, bearer tokens, and the mapping from errors to responses."""
