"""OpenSPP's database, of OpenSPP 17 (Odoo 17) and OpenSPP2 (Odoo 19), as a source that the registry follows."""
