"""`dci registry`: the operator's commands for a registry's data, a module each."""
