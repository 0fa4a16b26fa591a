"""Rules of clients that have more cases than requests can cover."""
