"""Following a database that other software keeps, so that the registry has what the database has."""
