"""OpenSPP's database as a source, on PostgreSQL."""
