"""What the oversight function is asked, so that it does all that its role permits."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from dci_common.exchange.audit_index import index_entries
from dci_common.runtime import Event
from support.api import Api
from support.audit_stream import put
from support.events import event
from support.operator_provider import OpenIdProvider

PERSON = "p0001"
_AUDITED = {
    "pk": {"S": "DAY#2026-03-01#0"},
    "sk": {"S": "2026-03-01T09:00:00.000Z#0123456789abcdef#0"},
    "client_id": {"S": "5b0c6a52-9d1e-4f0b-8f6e-1c2d3e4f5a6b"},  # which is deleted
    "records": {"SS": [f"PERSON#{PERSON}"]},
}


def asked(name: str, token: str, **parameters: str) -> Event:
    """Return an event of the bank with other parameters."""
    return event(name, token=token) | {"rawQueryString": urlencode(parameters)}


def looks(api: Api, provider: OpenIdProvider) -> Iterator[tuple[int, Event]]:
    """Yield what people and clients ask, with the status of the answer."""
    for item in (_AUDITED, *index_entries(_AUDITED)):
        put(api.runtime, item)
    now = int(api.clock())  # which other functions have moved
    auditor, officer = (
        provider.token(role, sub=f"new-{role}", iat=now, exp=now + 60) for role in ("auditor", "data-officer")
    )
    client, _ = api.client()
    yield 200, asked("audit", auditor, person=PERSON)
    yield 200, asked("audit", auditor, group="GRP-001")
    yield 404, asked("audit", auditor, identifier_type="UIN", identifier_value="nobody")
    yield 404, asked("audit", auditor, identifier_type="email", identifier_value="nobody@example.org")
    yield 404, asked("audit", auditor, phone="+639170000000")
    yield 200, asked("audit", auditor, client_id=client.client_id)
    yield 200, asked("audit_statement", auditor, person=PERSON)
    yield 200, asked("usage", auditor)
    yield 200, event("administration_log", token=api.token_of(scopes=("clients.read",)))
    yield 200, event("record_view", token=officer)
