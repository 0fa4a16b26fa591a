"""Operators: people who administer a deployment, with tokens of the organisation's OpenID provider."""
