"""What is asked for a partner client, and the client that is made of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from dci_common.clients.administration import Administration
from dci_common.clients.log import OPERATOR
from dci_common.clients.store import RECORD_TYPES, Client, name_key
from dci_common.clients.views import Flags, client_view
from dci_common.oauth.public_keys import public_key_set
from dci_common.oauth.scopes import SCOPES, canonical
from dci_common.registry.catalogue import disclosure
from dci_common.runtime import Runtime
from dci_common.settings import MAX_LIMIT, MAX_TOKEN_LIFETIME, MIN_TOKEN_LIFETIME
from dci_common.timestamps import timestamp

_MAX_LABEL_BYTES = 512  # the envelope's limit for a sender_id; a name is a key, and some grow when normalised


def _one_of(allowed: frozenset[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in allowed:
            raise PydanticCustomError("rule", "must be one of {names}", {"names": ", ".join(sorted(allowed))})
        return value

    return AfterValidator(check)


def _enum(allowed: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": sorted(allowed)})


def _label(value: str) -> str:
    key = name_key(value)
    if not value.isprintable() or not key:
        raise PydanticCustomError("rule", "must be printable and not blank")
    if max(len(value.encode()), len(key.encode())) > _MAX_LABEL_BYTES:
        raise PydanticCustomError("rule", "must have at most 512 bytes")
    return value


_Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_label)
]
_Scope = Annotated[str, AfterValidator(canonical), _one_of(frozenset(SCOPES)), _enum(SCOPES)]
_RecordType = Annotated[str, _one_of(frozenset(RECORD_TYPES)), _enum(RECORD_TYPES)]
_Limit = Annotated[int, Field(strict=True, ge=0, le=MAX_LIMIT)]
_Disclosed = Annotated[str, _one_of(disclosure.NAMES), _enum(disclosure.NAMES)]


class NewClient(BaseModel):
    """A client to be registered; see Client. A `token_lifetime` that is None is the deployment's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Label
    sender_id: _Label
    scopes: Annotated[tuple[_Scope, ...], Field(min_length=1, max_length=len(SCOPES))]
    token_lifetime: Annotated[int, Field(strict=True, ge=MIN_TOKEN_LIFETIME, le=MAX_TOKEN_LIFETIME)] | None = None
    disclosure: Annotated[tuple[_Disclosed, ...], Field(max_length=50)] = ("minimal",)
    record_types: Annotated[tuple[_RecordType, ...], Field(min_length=1, max_length=len(RECORD_TYPES))] = RECORD_TYPES
    requests_a_minute: _Limit | None = None
    records_a_day: _Limit | None = None
    flags: Flags = Flags()
    jwks: Annotated[str, BeforeValidator(public_key_set), WithJsonSchema({"type": "object"})] | None = None


def register(runtime: Runtime, asked: NewClient, by: str = OPERATOR) -> tuple[Client, str]:
    """Store a new client and return it with its secret, which is told this once. Raises Conflict."""
    now = timestamp(runtime.clock())
    client = Client(
        client_id=str(uuid.UUID(bytes=runtime.random_bytes(16), version=4)),
        **_fields(runtime, asked),
        status="enabled",
        created=now,
        updated=now,
        version=1,
    )
    return client, Administration(runtime).create(by, client)


def edited(runtime: Runtime, client: Client, changes: Mapping[str, Any]) -> Client:
    """Return the client with some members of NewClient changed (RFC 7396). Raises ValidationError."""
    members = {name: value for name, value in client_view(client).items() if name in NewClient.model_fields}
    flags = changes.get("flags", {})
    merged = {"flags": {**members["flags"], **flags}} if isinstance(flags, dict) else {}
    asked = NewClient.model_validate({**members, **changes, **merged})
    return client.model_copy(update=_fields(runtime, asked))


def _fields(runtime: Runtime, asked: NewClient) -> dict[str, Any]:
    return {
        "name": asked.name,
        "sender_id": asked.sender_id,
        "scopes": tuple(scope for scope in SCOPES if scope in asked.scopes),
        "token_lifetime": asked.token_lifetime or runtime.settings.token_lifetime,
        "disclosure": tuple(dict.fromkeys(asked.disclosure)),
        "record_types": tuple(name for name in RECORD_TYPES if name in asked.record_types),
        "requests_a_minute": asked.requests_a_minute,
        "records_a_day": asked.records_a_day,
        **asked.flags.model_dump(),
        "jwks": asked.jwks,
    }
