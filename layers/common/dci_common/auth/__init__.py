"""Trust: signing keys, access tokens, partner clients and their scopes."""
