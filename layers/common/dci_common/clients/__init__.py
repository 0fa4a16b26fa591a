"""Partner clients: model, storage, secrets, administration and log."""
