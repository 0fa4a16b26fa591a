"""`dci exchange`: asynchronous exchanges, listed through the API, redriven, cancelled and resumed in their table."""
