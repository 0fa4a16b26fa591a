"""`dci exchange`: asynchronous exchanges, through the API; redriven and resumed in their table too."""
