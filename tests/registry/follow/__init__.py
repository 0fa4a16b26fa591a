"""Following a database that other software keeps."""
