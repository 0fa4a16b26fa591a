"""`dci clients`: the administration of partner clients, over the API."""
