"""Subscriptions: which events of the registry a client is told, and what it asked to be told."""
