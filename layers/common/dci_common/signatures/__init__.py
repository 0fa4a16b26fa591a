"""Signatures of messages: verified as the client is registered, and made in its dialect."""
