"""The token function: access tokens for partner clients, and the keys to verify them with."""
