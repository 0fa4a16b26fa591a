"""Recorded requests: a line of `tests/golden/requests/*.jsonl` becomes an event, and the reply becomes a line again.

A file is a chapter: its requests are sent in order, to functions and tables of their own. Its first line may hold
`settings` (environment variables of the functions). Its last line holds the items that the requests have `written`,
and the keys of those that they have `removed`. Each other line is a request:

| member | meaning |
|---|---|
| `name` | unique in its chapter |
| `advance` | seconds that pass before the request |
| `event` | the event of the bank (`events/`) that the other members change |
| `token` | whose access token is the bearer token |
| `body`, `form`, `base64` | the body: text or JSON; parameters to encode; bytes as API Gateway sends them |
| `items`, `header` | instead of a body: the items of the bank's search message, and changes to its header |
| `headers` | changes; a header that is null is removed, a list is joined |
| `query`, `path`, `method`, `source`, `without` | the query string, path parameters, ...; members that are removed |
| `keep` | values of the answer that later lines use: name → path in the answer |
| `answer` | `status`, `headers` and `body`, with generated values replaced (see Masks) |

In every string, `«secret NAME»` and `«token NAME»` are the credentials of a client of `tests/golden/tables.jsonl`,
`«kept NAME»` a kept value and `«repeat TEXT COUNT»` a long text. An object with `signed_by` is a JWT.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.api import Api, Reply
from support.events import ROOT, Event, event
from support.masks import Masks
from support.stored_items import stored_items

FOLDER = ROOT / "tests" / "golden"
Line = dict[str, Any]

_TABLES = {"clients_table": "ClientsTable", "exchange_table": "ExchangeTable", "audit_table": "AuditTable"}
_REFERENCE = re.compile(r"«(\w+) ([^»]*)»")


def chapters() -> list[str]:
    """Return the names of the recorded chapters."""
    return sorted(path.stem for path in (FOLDER / "requests").glob("*.jsonl"))


def read_lines(name: str) -> list[Line]:
    """Read a file of `tests/golden`, JSON line by JSON line."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]


def write_lines(name: str, lines: list[Line]) -> None:
    """Write a file of `tests/golden`."""
    texts = (json.dumps(line, separators=(",", ":")) for line in lines)  # ASCII: a text may hold lone surrogates
    (FOLDER / f"{name}.jsonl").write_text("".join(f"{text}\n" for text in texts))


def in_order(lines: list[Line]) -> list[Line]:
    """Return items or keys in an order that does not depend on the engine that returned them."""
    return sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))


def derived_secret(name: str) -> str:
    """Return the secret of a recorded client, so that no file has to hold it."""
    value = hashlib.sha256(f"secret of {name}".encode()).digest()
    return "dcis_" + base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@cache
def derived_key(name: str) -> str:
    """Return a private key on P-256 as PEM, the same each time, so that no file has to hold it."""
    private = ec.derive_private_key(int.from_bytes(hashlib.sha256(f"key {name}".encode()).digest()), ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def ring() -> str:
    """Return the recorded key ring as its secret holds it, with its private keys."""
    content = json.loads((FOLDER / "ring.json").read_text())
    for name in ("current", "next"):
        content[name]["private_key"] = derived_key(name)
    return json.dumps(content)


@dataclass
class Replay:
    """A chapter being sent. `clients` are the ids of the recorded clients by name."""

    api: Api
    clients: Mapping[str, str]
    masks: Masks
    _kept: dict[str, str] = field(default_factory=dict)
    _tokens: dict[tuple[str, float], str] = field(default_factory=dict)

    def answers(self, lines: list[Line]) -> Iterator[Line]:
        """Send each request; return each line with the answer of today, the items written as the last line."""
        before = self._items()
        for line in lines:
            if "event" in line:
                yield {**line, "answer": self._answer(line)}
            elif "written" not in line:
                yield line
        self.masks.is_closed = True
        after = self._items()
        keys, kept = ([_key(item) for item in items] for items in (before, after))
        written = self.masks.masked([item for item in after if item not in before])
        removed = self.masks.masked([key for key in keys if key not in kept])
        yield {"written": in_order(written), "removed": in_order(removed)}

    def _answer(self, line: Line) -> Line:
        self.api.clock.advance(line.get("advance", 0))
        reply = self.api.send(self._event(line))
        body = _json(reply.text)
        for name, path in line.get("keep", {}).items():
            self._kept[name] = _at({"headers": reply.headers, "body": body}, path)
        return {
            "status": reply.status,
            "headers": self.masks.masked(dict(reply.headers)),
            "body": self.masks.masked(body),
        }

    def _event(self, line: Line) -> Event:
        given = {name: self._filled(line[name]) for name in _FILLED & line.keys()}
        token = f"Bearer {self._token(line['token'])}" if isinstance(line.get("token"), str) else None
        made = event(line["event"], **({"authorization": token} if token else {}))
        made |= {_MEMBERS[name]: given[name] for name in _MEMBERS.keys() & given.keys()}
        if "body" in given and not isinstance(given["body"], str):
            made["body"] = json.dumps(given["body"])
        if "items" in given:
            message = json.loads(made["body"])
            message["header"] |= given.get("header", {})
            message["message"]["search_request"] = given["items"]
            made["body"] = json.dumps(message)
        if "form" in given:
            made["body"] = urlencode(given["form"], errors="surrogatepass")
        if "base64" in given:
            made["isBase64Encoded"] = True
        for name, value in given.get("headers", {}).items():
            made["headers"].pop(name, None)
            if value is not None:
                made["headers"][name] = "".join(value)  # of a text, or of a list of texts
        http = made["requestContext"]["http"]
        http |= {member: given[name] for name, member in _HTTP.items() if name in given}
        return {name: value for name, value in made.items() if name not in line.get("without", ())}

    def _filled(self, tree: Any) -> Any:
        match tree:
            case {"signed_by": str(name), "header": dict(header), "claims": dict(claims)}:
                return jwt.encode(self._filled(claims), derived_key(name), "ES256", header)
            case dict():
                return {name: self._filled(value) for name, value in tree.items()}
            case list():
                return [self._filled(value) for value in tree]
            case str():
                return _REFERENCE.sub(lambda found: self._referred(found[1], found[2]), tree)
        return tree

    def _referred(self, kind: str, name: str) -> str:
        match kind:
            case "secret":
                return derived_secret(name)
            case "token":
                return self._token(name)
            case "kept":
                return self._kept[name]
            case "repeat":
                text, _, count = name.rpartition(" ")
                return text * int(count)
            case "basic":
                pair = f"{self.clients[name]}:{derived_secret(name)}"
                return base64.b64encode(pair.encode()).decode()
        raise AssertionError(kind)

    def _token(self, name: str) -> str:
        """Return a token of a client, requested once for each moment; a name with `kept ` is a kept one."""
        if name.startswith("kept "):
            return self._kept[name.removeprefix("kept ")]
        key = (name, self.api.clock())
        if key not in self._tokens:
            self._tokens[key] = str(self._request_token(name).json["access_token"])
        return self._tokens[key]

    def _request_token(self, name: str) -> Reply:
        own = {"client_id": self.clients[name], "client_secret": derived_secret(name)}
        return self.api.send(event("token_form", body=urlencode({"grant_type": "client_credentials", **own})))

    def _items(self) -> list[Line]:
        found = []
        for setting, table in _TABLES.items():
            name = getattr(self.api.runtime.settings, setting)
            found += [{"table": table, "item": dict(map(_in_order, item.items()))} for item in stored_items(name)]
        return found


_MEMBERS = {"body": "body", "base64": "body", "query": "rawQueryString", "path": "pathParameters"}
_HTTP = {"method": "method", "source": "sourceIp"}
_FILLED = {*_MEMBERS, *_HTTP, "form", "items", "header", "headers"}


def _in_order(attribute: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return an attribute; a set has its members in order."""
    name, value = attribute
    return name, {"SS": sorted(value["SS"])} if "SS" in value else value


def _key(line: Line) -> Line:
    return {"table": line["table"], "pk": line["item"]["pk"]["S"], "sk": line["item"]["sk"]["S"]}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _at(tree: Any, path: str) -> str:
    for step in path.split("."):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return str(tree)
