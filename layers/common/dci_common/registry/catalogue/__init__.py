"""The attributes of a registry, as data: names, types, where a value is found, and in which index slot."""
