"""The edge: HTTP events in, responses out, bearer tokens, and log lines."""
