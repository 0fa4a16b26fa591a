"""Examples of what operators send. A word in capitals stands for a value of the reader's own."""

from __future__ import annotations

from typing import Any

from dci_cli.openapi.example import Example

_CALLED_BACK = {
    "urls": ["https://payments.example.org/registry"],
    "default_url": "https://payments.example.org/registry/callbacks",
}
_ASYNCHRONOUS: dict[str, Any] = {
    "name": "Payment provider",
    "sender_id": "payments.example.org",
    "scopes": ["registry.search", "registry.subscribe", "registry.status"],
    "disclosure": ["identifier", "name", "phone_number"],
    "record_types": ["SRPerson"],
    "records_a_day": 50000,
    "flags": {"asynchronous": True},
    "callbacks": _CALLED_BACK,
}
_MINISTRY: dict[str, Any] = {
    "name": "Ministry of Health",
    "sender_id": "health.example.org",
    "scopes": ["registry.search"],
    "disclosure": ["standard"],
}
ADMINISTRATION_EXAMPLES = {
    "POST /clients": (
        Example("ministry", 201, "A ministry that searches", _MINISTRY),
        Example("payments", 201, "A payment provider that is called back, with few attributes", _ASYNCHRONOUS),
        Example("unknown_scope", 400, "A scope that does not exist", {**_MINISTRY, "scopes": ["registry.write"]}),
    ),
    "GET /clients/{client_id}": (Example("client", 200, "A client, with its ETag"),),
    "PATCH /clients/{client_id}": (
        Example("disclosure", 200, "What the client may see", {"disclosure": ["identifier", "name", "birth_date"]}),
        Example("reset", 200, "The deployment's own limit again", {"requests_a_minute": None}),
    ),
    "POST /clients/{client_id}/secrets": (
        Example("overlap", 201, "The older secret ends in a day", {"old_expires_in": 86400}),
    ),
    "POST /clients/{client_id}/handovers": (
        Example("overlap", 201, "The older secret ends when they are used", {"old_expires_in": 0}),
    ),
}
