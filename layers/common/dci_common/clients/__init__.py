"""Partner clients: model, storage, secrets, authentication, administration and its log."""
