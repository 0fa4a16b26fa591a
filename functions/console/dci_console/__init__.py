"""The console function: serves the files of the operators' console. It has no permission, and calls nothing."""
