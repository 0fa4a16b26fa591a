"""`dci subscriptions`: listed, shown and cancelled through the API; delivery to a subscriber is resumed in the table."""
