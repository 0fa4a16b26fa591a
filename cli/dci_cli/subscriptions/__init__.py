"""`dci subscriptions`: listed, shown and cancelled through the API, resumed and redriven in their table."""
