"""Registering a partner client: what is asked for it, and the id and secret that it gets."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from dci_common.auth.clients import RECORD_TYPES, Client, ClientStore, name_key
from dci_common.auth.scopes import SCOPES, canonical
from dci_common.registry import disclosure
from dci_common.runtime import Runtime
from dci_common.settings import MAX_TOKEN_LIFETIME, MIN_TOKEN_LIFETIME
from dci_common.wiretime import timestamp

_SECRET_PREFIX = "dcis_"  # so that leak scanners find our secrets  # noqa: S105
_MAX_LABEL_BYTES = 512  # the envelope's limit for a sender_id; a name is a key, and some grow when normalised


def _one_of(allowed: frozenset[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise PydanticCustomError("rule", "must be one of {names}", {"names": ", ".join(sorted(allowed))})
        return value

    return check


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
_Scope = Annotated[str, AfterValidator(canonical), AfterValidator(_one_of(frozenset(SCOPES)))]
_RecordType = Annotated[str, AfterValidator(_one_of(frozenset(RECORD_TYPES)))]
_Disclosed = Annotated[str, AfterValidator(_one_of(disclosure.NAMES))]


class Flags(BaseModel):
    """A client's peculiarities; see Client."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    openspp17: bool = False
    signature: Literal["unsigned", "ignore"] = "unsigned"
    restricted: bool = False


class NewClient(BaseModel):
    """A client to be registered. `token_lifetime` is in seconds; None takes the deployment's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Label
    sender_id: _Label
    scopes: Annotated[tuple[_Scope, ...], Field(min_length=1, max_length=len(SCOPES))]
    token_lifetime: Annotated[int, Field(strict=True, ge=MIN_TOKEN_LIFETIME, le=MAX_TOKEN_LIFETIME)] | None = None
    disclosure: Annotated[tuple[_Disclosed, ...], Field(max_length=50)] = ("minimal",)
    record_types: Annotated[tuple[_RecordType, ...], Field(min_length=1, max_length=len(RECORD_TYPES))] = RECORD_TYPES
    flags: Flags = Flags()


def register(runtime: Runtime, asked: NewClient) -> tuple[Client, str]:
    """Store a new client and return it with its secret, which is told this once. Raises Conflict."""
    now = timestamp(runtime.clock())
    client = Client(
        client_id=str(uuid.UUID(bytes=runtime.random_bytes(16), version=4)),
        name=asked.name,
        sender_id=asked.sender_id,
        scopes=tuple(scope for scope in SCOPES if scope in asked.scopes),
        token_lifetime=asked.token_lifetime or runtime.settings.token_lifetime,
        disclosure=tuple(dict.fromkeys(asked.disclosure)),
        record_types=tuple(name for name in RECORD_TYPES if name in asked.record_types),
        **asked.flags.model_dump(),
        status="enabled",
        created=now,
        updated=now,
        version=1,
    )
    secret = _SECRET_PREFIX + base64.urlsafe_b64encode(runtime.random_bytes(32)).rstrip(b"=").decode()
    ClientStore(runtime).create(client, secret)
    return client, secret


def client_view(client: Client) -> dict[str, Any]:
    """Render a client as the API and the command line show it."""
    fields = client.model_dump(mode="json")
    flags = {name: fields.pop(name) for name in Flags.model_fields}
    return {**fields, "flags": flags}
