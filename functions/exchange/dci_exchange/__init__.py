"""The asynchronous search, and the status of exchanges: messages that are acknowledged now and answered later."""
