"""Records: what is registered, and how a record's view is built."""
