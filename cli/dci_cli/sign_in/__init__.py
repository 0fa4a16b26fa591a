"""People sign in at the deployment's OpenID provider: `dci login` and `dci logout`."""
