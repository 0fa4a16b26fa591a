"""The asynchronous search, subscriptions, and the status of exchanges: messages that are answered later."""
