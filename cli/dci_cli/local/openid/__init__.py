"""The OpenID provider of `dci serve`: demo people to choose from, who prove nothing. No deployment contains it."""
