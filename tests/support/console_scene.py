"""What there is to see on each page of the console: a client, a person and a household with names of 60 letters."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from support.console_clients import Clients, Partner
from support.exchanges import ACK, receiving
from support.server_process import eventually

if TYPE_CHECKING:
    from support.officers import Office

LONG = "Sozialversicherungsfachangestelltenausbildungsverordnungsamt"
NACK = {"message": {"ack_status": "NACK", "error": {"code": LONG, "message": LONG}}}
_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": LONG}


class Scene(NamedTuple):
    """The ids that addresses of pages have, which name them in their text."""

    client_id: str
    deleted_id: str
    approval_id: str
    exchange_id: str


def scene_of(clients: Clients, office: Office) -> Scene:
    """Put the scene into a server: the client has a secret, an open link, messages, a subscription and a log."""
    partner = Partner.of(clients, name=LONG, jwks={"keys": [_KEY]}, records_a_day=1000, requests_a_minute=60)
    path = f"/clients/{partner.client_id}"
    with receiving() as receiver:
        receiver.answer = lambda _: (200, ACK)
        partner.comes_to("answered", partner.subscribe(f"{receiver.url}/{LONG}"))
        receiver.answer = lambda _: (200, NACK)
        refused = partner.search(f"{receiver.url}/{LONG}")
        partner.comes_to("refused", refused)
    assert clients.send("POST", f"{path}/handovers").status == 201
    asked = clients.send("PATCH", path, {"sender_id": LONG, "records_a_day": 0}, **{"If-Match": "*"})
    deleted = clients.registered(name=f"{LONG}{uuid4()}")
    assert clients.send("DELETE", f"/clients/{deleted}").status == 204
    _put_record(office, partner.client_id)
    return Scene(partner.client_id, deleted, asked.json["approval_id"], refused)


def _put_record(office: Office, client_id: str) -> None:
    """Put a person with a household, what the client received of them, and how much it received on two days."""
    place = {"address_line_1": LONG, "locality": LONG, "country_code": "DE"}
    identifier = {"identifier_type": "UIN", "identifier_value": LONG}
    name = {"surname": LONG, "given_name": LONG}
    person = {"id": LONG, "identifiers": [identifier], "name": name, "birth_date": "1990-01-01", "addresses": [place]}
    membership = {"person_id": LONG, "group_id": LONG, "roles": ["head"], "start": "2020-01-01"}
    office.put({"person": person}, {"group": {"id": LONG}}, {"membership": membership})
    office.audited(
        3,
        f"PERSON#{LONG}",
        f"GROUP#{LONG}",
        client_id=client_id,
        disclosed={"S": "full"},
        purpose={"S": json.dumps({"consent": {"text": LONG}})},
        query={"S": json.dumps({"query": LONG})},
    )
    eventually(lambda: office.history(f"PERSON#{LONG}"))
    today = datetime.now(UTC).date()
    for ago, records in ((5, 300), (6, 40)):  # other tests look at today and yesterday
        office.received(client_id, str(today - timedelta(days=ago)), records)
