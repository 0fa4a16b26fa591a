"""`dci audit`: who saw and who changed a person, and what a client saw."""
