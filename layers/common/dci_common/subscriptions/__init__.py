"""Subscriptions: which events of the registry a client is notified of, and what it asked for."""
