"""`dci exchange`: asynchronous exchanges, listed through the API, redriven and cancelled in their table."""
