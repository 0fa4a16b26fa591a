"""What the functions and the command line share: wire models, trust, the registry and the HTTP edge."""
