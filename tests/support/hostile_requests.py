"""Requests for each part of the API with something wrong in them, drawn from a seeded generator."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from support import hostile_values
from support.api import Api, identified, predicate
from support.events import Event, body_of, event


def _message(*items: dict[str, Any]) -> Any:
    message = body_of("search")
    message["message"]["search_request"] = list(items)
    return message


SEARCHES = (
    _message(identified("UIN", "847951632", pagination={"page_size": 10, "page_number": 1})),
    _message(
        identified("MOBILE", "+15550100"),
        identified("HOUSEHOLD_ID", "HH-0001", response_entity="Member", reference_id="r-2"),
    ),
    _message(
        predicate(
            ("birth_date", "ge", "1990-01-01"),
            ("birth_date", "lt", "1990-06-01"),
            ("UIN", "in", ["847951632", "1"]),
            reg_record_type="SRPerson",
            pagination={"page_size": 2, "page_number": 1},
        )
    ),
    _message(
        predicate(("EMAIL", "eq", "a@example.org"), ("NIN", "eq", "N1"), condition="or"),
        predicate(("dob", "in", "1990-01-01,1991-02-02"), reg_type="SPP:RegistryType:Individual", reference_id="r-2"),
    ),
)
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "00000000-0000-0000-0000-000000000000",
    "client_secret": "wrong",
    "scope": "",
    "db_name": "openspp",
}
NEW_CLIENT = {
    "name": "Fuzzed client",
    "sender_id": "fuzz.example.org",
    "scopes": ["registry.search"],
    "token_lifetime": 600,
    "disclosure": ["minimal"],
    "flags": {"openspp17": False, "signature": "unsigned"},
}
PLACE = {"pk": "CLIENT#1", "sk": "CLIENT", "listed": "CLIENT", "name_key": "a"}


@dataclass(frozen=True)
class Senders:
    """The senders: a partner, with its credentials, and an administrator."""

    partner: str
    admin: str
    client_id: str
    secret: str

    @classmethod
    def of(cls, api: Api) -> Senders:
        """Register them."""
        client, secret = api.client()
        partner = str(api.token(client, secret).json["access_token"])
        return cls(partner, api.token_of(scopes=("clients.manage",)), client.client_id, secret)


Make = Callable[[Senders, str], Event]


def search(senders: Senders, body: str) -> Event:
    """Make a search."""
    return event("search", body=body, token=senders.partner)


def json_token(_: Senders, body: str) -> Event:
    """Make a token request in OpenSPP's form."""
    return event("token_json", body=body)


def new_client(senders: Senders, body: str) -> Event:
    """Make the registration of a client."""
    return event("clients_create", body=body, token=senders.admin)


def next_page(senders: Senders, place: str) -> Event:
    """Make the request for a page of clients."""
    query = urlencode({"limit": 1, "next": _base64(place)})
    return event("clients_list", token=senders.admin) | {"rawQueryString": query}


def a_search(senders: Senders, draw: random.Random) -> Event:
    """Draw a search with something wrong in it."""
    return _disturbed(search(senders, hostile_values.mutant(draw.choice(SEARCHES), draw)), draw)


def a_token_request(senders: Senders, draw: random.Random) -> Event:
    """Draw a token request in one of its three forms, seldom with the right secret."""
    secret = senders.secret if draw.random() < 0.2 else f"{hostile_values.MARK}{draw.random()}"
    good = CREDENTIALS | {"client_id": senders.client_id, "client_secret": secret}
    return _from_anywhere(_disturbed(_a_form_or_json(senders, good, draw), draw), draw)


def _a_form_or_json(senders: Senders, good: dict[str, str], draw: random.Random) -> Event:
    if draw.random() < 0.4:
        return json_token(senders, hostile_values.mutant(good, draw))
    sent = event("token_form", body=urlencode(_changed(list(good.items()), draw), errors="surrogatepass"))
    if draw.random() < 0.4:
        user = draw.choice((senders.client_id, *hostile_values.TEXTS))[:5000]
        sent["headers"]["authorization"] = "Basic " + _base64(f"{user}:{good['client_secret']}")
    return sent


def _from_anywhere(sent: Event, draw: random.Random) -> Event:
    """Let each request come from an address of its own, so that it is read instead of being throttled."""
    sent["requestContext"]["http"]["sourceIp"] = f"198.51.100.{draw.randrange(256)}"
    return sent


def an_administration(senders: Senders, draw: random.Random) -> Event:
    """Draw a request about clients: a new one, a page of them, one of them, a change of it, or a secret for it."""
    match draw.randrange(6):
        case 4:
            body = hostile_values.mutant(
                {name: NEW_CLIENT[name] for name in ("scopes", "flags", "token_lifetime")}, draw
            )
            sent = event("client_update", body=body, token=senders.admin, if_match=draw.choice(("*", '"1"', "x")))
            sent["pathParameters"] = {"client_id": senders.client_id}
        case 5:
            sent = event("secrets_add", body=hostile_values.mutant({"old_expires_in": 60}, draw), token=senders.admin)
            sent["pathParameters"] = {"client_id": senders.client_id}
        case 0 | 1:
            sent = new_client(senders, hostile_values.mutant(NEW_CLIENT, draw))
        case 2:
            sent = next_page(senders, hostile_values.mutant(PLACE, draw))
        case _:
            name = draw.choice(("client_get", "client_disable", "client_delete", "client_log", "secrets_list"))
            sent = event(name, token=senders.admin)
            sent["pathParameters"] = {"client_id": draw.choice(hostile_values.TEXTS)}
    return _disturbed(sent, draw)


def _changed(pairs: list[tuple[str, str]], draw: random.Random) -> list[tuple[str, str]]:
    """Change a form: a value made hostile, a parameter lost, repeated or renamed."""
    place = draw.randrange(len(pairs))
    name, text = pairs[place]
    text_instead = draw.choice(hostile_values.TEXTS)[:5000]
    pairs[place : place + 1] = draw.choice(
        ([(name, text_instead)], [], [(name, text), (name, text_instead)], [(text_instead, text)])
    )
    return pairs


def _disturbed(sent: Event, draw: random.Random) -> Event:
    """Sometimes change what is around the content: headers, encoding, query string, method."""
    if draw.random() < 0.75:
        return sent
    return draw.choice((_odd_headers, _odd_encoding, _odd_request))(sent, draw, draw.choice(hostile_values.TEXTS))


def _odd_headers(sent: Event, draw: random.Random, text: str) -> Event:
    headers = sent["headers"]
    tampered = _tampered(headers.get("authorization", "Bearer a.b.c"), draw)
    authorization = draw.choice((tampered, tampered, text, f"Bearer {text}", f"Basic {text}"))
    content_type = draw.choice((text, f"application/json; charset={text}"))
    headers |= draw.choice(({"authorization": authorization}, {"content-type": content_type}))
    return sent


def _odd_encoding(sent: Event, draw: random.Random, text: str) -> Event:
    bodies = (sent.get("body"), text, _base64(sent.get("body") or ""), base64.b64encode(draw.randbytes(200)).decode())
    return sent | {"body": draw.choice(bodies), "isBase64Encoded": True}


def _odd_request(sent: Event, draw: random.Random, text: str) -> Event:
    match draw.randrange(3):
        case 0:
            sent["rawQueryString"] = f"{text}&next={text}"
        case 1:
            sent["requestContext"]["http"]["method"] = draw.choice(("GET", "PUT", "HEAD", "OPTIONS", ""))
        case _:
            sent.pop(draw.choice(("headers", "body", "pathParameters")), None)
    return sent


def _tampered(header: str, draw: random.Random) -> str:
    place = draw.randrange(len(header))
    return header[:place] + draw.choice("aZ09-_=. \ud800é") + header[place + 1 :]


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()
