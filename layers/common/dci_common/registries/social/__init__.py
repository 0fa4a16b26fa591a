"""The social registry: people, groups and memberships."""
