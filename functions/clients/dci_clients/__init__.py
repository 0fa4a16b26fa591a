"""The clients function: administration of partner clients."""
