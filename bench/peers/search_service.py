"""The peer of our synchronous search by identifier: FastAPI, SQLAlchemy with asyncpg, PostgreSQL, uvicorn.

It does what our function does for the same request, and nothing else: it verifies the token, finds its client, counts
the request against the client's limit, finds the person, records the disclosure, answers, and writes a log line. Each
statement commits by itself, as each of our writes does, so no row is locked while another statement runs.

What costs time and gives nothing was removed: the ORM and the compilation of statements, a transaction around the
three statements, FastAPI's own parsing of bodies and its second validation of responses, uvicorn's log. The form that
has all of these is usual_search_service.py.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

import jwt
from fastapi import FastAPI, Request, Response
from pydantic import ValidationError
from pydantic_core import from_json, to_json
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from peers.messages import SearchEnvelope, SearchItem, SearchResponse

_COUNT = (
    "INSERT INTO request_counts AS counted (client_id, minute, requests) VALUES ($1, $2, 1) ON CONFLICT (client_id)"
    " DO UPDATE SET minute = excluded.minute,"
    " requests = CASE WHEN counted.minute = excluded.minute THEN counted.requests + 1 ELSE 1 END RETURNING requests"
)
_FIND = (
    "SELECT people.id, people.record FROM identifiers JOIN people ON people.id = identifiers.person_id"
    " WHERE identifiers.type = $1 AND identifiers.value = $2"
)
_RECORD = (
    "INSERT INTO disclosures (client_id, correlation_id, message_id, transaction_id, reference_id, query, person_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_CLIENT = "SELECT sender_id, requests_a_minute FROM clients WHERE client_id = $1 AND status = 'enabled'"
_MAX_VERIFIED = 1024
CLIENT_SECONDS = 60  # the same time for which our functions keep a client
_CLAIMS = ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope"]
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_issuer = os.environ["PEERS_ISSUER"]
_key = jwt.PyJWK(json.loads(os.environ["PEERS_PUBLIC_KEY"])).key
DATABASE = f"postgresql+asyncpg://dci@/postgres?host={os.environ['PEERS_DATABASE']}"
_engine = create_async_engine(
    DATABASE,
    isolation_level="AUTOCOMMIT",
    pool_size=5,
    pool_reset_on_return=None,  # there is no transaction that could be open
)
_clients: dict[str, tuple[float, Client]] = {}
_verified: dict[str, tuple[int, str]] = {}  # tokens, with their end in epoch seconds and their client
_log = logging.getLogger("search")
_log.addHandler(logging.StreamHandler(sys.stdout))
_log.setLevel(logging.INFO)
_log.propagate = False


class Client(NamedTuple):
    """A client of the registry."""

    sender_id: str
    requests_a_minute: int


class Found(NamedTuple):
    """The record of a person, as JSON."""

    person_id: str
    record: str


class Rejected(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"errors": [{"code": code}]}


async def search(request: Request) -> Response:
    """Answer a search message."""
    started, correlation_id, client_id = time.perf_counter(), str(uuid.uuid4()), ""
    try:
        client_id = verified_client_id(request.headers.get("authorization", ""))
        content, status = await _answer(await request.body(), client_id, correlation_id), 200
    except Rejected as error:
        content, status = to_json(error.body), error.status
    line = {
        "level": "INFO",
        "message": "request",
        "timestamp": datetime.now(UTC).isoformat(),
        "method": "POST",
        "route": "/registry/sync/search",
        "correlation_id": correlation_id,
        "status": status,
        "latency": round(1000 * (time.perf_counter() - started), 3),
        "client_id": client_id,
    }
    _log.info(json.dumps(line))
    return Response(content, status, _HEADERS, "application/json")


def verified_client_id(authorization: str) -> str:
    """Return the client of a valid access token with the scope of searches. Raises Rejected.

    As in our functions, the signature of a token that is sent again is verified once.
    """
    expires, client_id = _verified.get(authorization, (0, ""))
    if time.time() < expires:
        return client_id
    claims = _verified_claims(authorization)
    if len(_verified) >= _MAX_VERIFIED:
        _verified.clear()
    _verified[authorization] = claims["exp"], claims["client_id"]
    return str(claims["client_id"])


def _verified_claims(authorization: str) -> dict[str, Any]:
    scheme, _, token = authorization.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError
        options: Any = {"require": _CLAIMS}
        decoded = jwt.decode_complete(
            token, _key, algorithms=["ES256"], audience=_issuer, issuer=_issuer, options=options
        )
    except jwt.PyJWTError as error:
        raise Rejected(401, "err.request.unauthorized") from error
    claims: dict[str, Any] = decoded["payload"]
    if decoded["header"].get("typ") != "at+jwt" or claims["sub"] != claims["client_id"]:
        raise Rejected(401, "err.request.unauthorized")
    if "registry.search" not in claims["scope"].split(" "):
        raise Rejected(403, "err.request.forbidden")
    return claims


async def _answer(body: bytes, client_id: str, correlation_id: str) -> bytes:
    try:
        envelope = SearchEnvelope.model_validate_json(body)
    except ValidationError as error:
        raise Rejected(400, "err.request.bad") from error
    async with _engine.connect() as connection:
        found = await connection.run_sync(_search, envelope, client_id, correlation_id)
    return response_to(envelope, correlation_id, found).model_dump_json().encode()


def _search(
    connection: Connection, envelope: SearchEnvelope, client_id: str, correlation_id: str
) -> list[Found | None]:
    """Return the record of each item. It is called once a request: each switch of greenlets takes time."""
    client, header = _client(connection, client_id), envelope.header
    if header.sender_id != client.sender_id:
        raise Rejected(400, "err.sender_id.invalid")
    counted = connection.exec_driver_sql(_COUNT, (client_id, int(time.time()) // 60)).scalar_one()
    if counted > client.requests_a_minute:
        raise Rejected(429, "err.request.too_many_requests")
    records = []
    for item in envelope.message.search_request:
        query = item.search_criteria.query
        row = connection.exec_driver_sql(_FIND, (query.type, query.value)).one_or_none()
        found = Found(*row) if row else None
        ids = (client_id, correlation_id, header.message_id, envelope.message.transaction_id, item.reference_id)
        disclosed = (query.model_dump_json(), found.person_id if found else None)
        connection.exec_driver_sql(_RECORD, (*ids, *disclosed))
        records.append(found)
    return records


def _client(connection: Connection, client_id: str) -> Client:
    read, client = _clients.get(client_id, (0.0, None))
    if client is None or time.monotonic() - read > CLIENT_SECONDS:
        row = connection.exec_driver_sql(_CLIENT, (client_id,)).one_or_none()
        if row is None:
            raise Rejected(401, "err.request.unauthorized")
        client = Client(*row)
        _clients[client_id] = time.monotonic(), client
    return client


def response_to(envelope: SearchEnvelope, correlation_id: str, found: list[Found | None]) -> SearchResponse:
    """Return the response with the record of each item."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    items = [_item(item, record, now) for item, record in zip(envelope.message.search_request, found, strict=True)]
    header = {
        "version": "1.0.0",
        "message_id": envelope.header.message_id,
        "message_ts": now,
        "action": "on-search",
        "status": "succ",
        "total_count": len(items),
        "completed_count": len(items),
        "receiver_id": envelope.header.sender_id,
        "is_msg_encrypted": False,
    }
    ids = {"transaction_id": envelope.message.transaction_id, "correlation_id": correlation_id}
    message = {**ids, "search_response": items}
    return SearchResponse.model_validate({"header": header, "message": message})


def _item(item: SearchItem, found: Found | None, now: str) -> dict[str, Any]:
    criteria, records = item.search_criteria, [from_json(found.record)] if found else []
    page = criteria.pagination
    data = {
        "version": "1.0.0",
        "reg_type": criteria.reg_type or "ns:org:RegistryType:Social",
        "reg_record_type": criteria.reg_record_type or "SRPerson",
        "reg_records": records,
    }
    pagination = {
        "page_size": page.page_size if page else len(records),
        "page_number": page.page_number if page else 1,
        "total_count": len(records),
    }
    return {
        "reference_id": item.reference_id,
        "timestamp": now,
        "status": "succ",
        "data": data,
        "pagination": pagination,
    }


app = FastAPI(openapi_url=None)
app.add_api_route("/registry/sync/search", search, methods=["POST"])
# As in our functions: what lives as long as the process is never collected, and the rest rarely.
gc.freeze()
gc.set_threshold(20_000, 50, 1_000)
