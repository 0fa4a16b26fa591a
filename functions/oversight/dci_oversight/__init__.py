"""The oversight function: who saw whom, who changed what, and how much clients use; read-only."""
