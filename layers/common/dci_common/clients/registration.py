"""Requests to register a client or to change one, and the client that results."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from dci_common.clients.administration import Administration
from dci_common.clients.callback_registration import NewCallbacks, merged, read_callbacks
from dci_common.clients.callback_secrets import CallbackSecrets, NewCallbackSecret
from dci_common.clients.callback_urls import read_callback_url
from dci_common.clients.changes import Caller
from dci_common.clients.log import OPERATOR
from dci_common.clients.model import MAX_NAME_BYTES, RECORD_TYPES, Callbacks, Client, name_key
from dci_common.clients.proposal import Proposal
from dci_common.clients.secrets import MAX_OVERLAP_SECONDS, OVERLAP_SECONDS
from dci_common.clients.views import Flags, client_view
from dci_common.errors import InvalidRequest
from dci_common.oauth.public_keys import public_key_set
from dci_common.printable import is_printable
from dci_common.registries.social import disclosure
from dci_common.runtime import Runtime
from dci_common.scopes import SCOPES, canonical
from dci_common.settings import MAX_LIMIT, MAX_TOKEN_LIFETIME, MIN_TOKEN_LIFETIME
from dci_common.timestamps import timestamp
from dci_common.validation import describe

_OPERATOR = Caller(OPERATOR)


def _one_of(allowed: frozenset[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in allowed:
            raise PydanticCustomError("rule", "must be one of {names}", {"names": ", ".join(sorted(allowed))})
        return value

    return AfterValidator(check)


def _enum(allowed: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": sorted(allowed)})


def _label(is_right: Callable[[str], bool]) -> AfterValidator:
    def check(value: str) -> str:
        key = name_key(value)
        if not is_right(value) or not key:
            raise PydanticCustomError("rule", "must be printable and not blank")
        # The envelope's limit for a sender_id. A name is a key, and normalisation lengthens some.
        if max(len(value.encode()), len(key.encode())) > MAX_NAME_BYTES:
            raise PydanticCustomError("rule", "must have at most 512 bytes")
        return value

    return AfterValidator(check)


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Name = Annotated[_Text, _label(is_printable)]
_SenderId = Annotated[_Text, _label(str.isprintable)]  # which partners copy: with nothing in it that is not seen
_Scope = Annotated[str, AfterValidator(canonical), _one_of(frozenset(SCOPES)), _enum(SCOPES)]
_RecordType = Annotated[str, _one_of(frozenset(RECORD_TYPES)), _enum(RECORD_TYPES)]
_Limit = Annotated[int, Field(strict=True, ge=0, le=MAX_LIMIT)]
_Disclosed = Annotated[str, _one_of(disclosure.NAMES), _enum(disclosure.NAMES)]


class NewClient(BaseModel):
    """A client to be registered; see Client. Without `token_lifetime` the deployment's default applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    sender_id: _SenderId
    scopes: Annotated[tuple[_Scope, ...], Field(min_length=1, max_length=len(SCOPES))]
    token_lifetime: Annotated[int, Field(strict=True, ge=MIN_TOKEN_LIFETIME, le=MAX_TOKEN_LIFETIME)] | None = None
    disclosure: Annotated[tuple[_Disclosed, ...], Field(max_length=50)] = ("minimal",)
    record_types: Annotated[tuple[_RecordType, ...], Field(min_length=1, max_length=len(RECORD_TYPES))] = RECORD_TYPES
    requests_a_minute: _Limit | None = None
    records_a_day: _Limit | None = None
    open_exchanges: _Limit | None = None
    notifications_a_minute: _Limit | None = None
    callbacks: NewCallbacks = NewCallbacks()
    flags: Flags = Flags()
    jwks: Annotated[str, BeforeValidator(public_key_set), WithJsonSchema({"type": "object"})] | None = None
    jwks_uri: str = ""


class NewSecret(BaseModel):
    """A further secret for a client; `old_expires_in` is the number of seconds after which the old one expires."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    old_expires_in: Annotated[int, Field(strict=True, ge=0, le=MAX_OVERLAP_SECONDS)] = OVERLAP_SECONDS


def register(runtime: Runtime, requested: NewClient) -> tuple[Client, str]:
    """Store a new client, with the AWS credentials of who runs this, and return it as register_or_propose does."""
    registered = register_or_propose(runtime, requested, _OPERATOR)
    if isinstance(registered, Proposal):
        raise TypeError(registered.act)
    return registered


def register_or_propose(runtime: Runtime, requested: NewClient, by: Caller) -> tuple[Client, str] | Proposal:
    """Store a new client and return it with its secret, which cannot be read again; or its proposal, if it waits.

    Raises Conflict or InvalidRequest.
    """
    now = timestamp(runtime.clock())
    secret = _callback_secret(runtime, requested.callbacks.secret)
    client = Client(
        client_id=str(uuid.UUID(bytes=runtime.random_bytes(16), version=4)),
        **_fields(runtime, requested, Callbacks(), secret),
        status="enabled",
        created=now,
        updated=now,
        version=1,
    )
    created = Administration(runtime).create(by, client, secret)
    return created if isinstance(created, Proposal) else (client, created)


def update(runtime: Runtime, client_id: str, changes: Mapping[str, Any], by: Caller) -> Client | Proposal:
    """Change members of a client as in NewClient (RFC 7396), and return it. Null resets a member to its default.

    Returns a proposal instead where the change waits for a second person.

    Raises InvalidRequest, or as Administration does.
    """
    sent = changes.get("callbacks")
    secret = _callback_secret(runtime, sent.get("secret") if isinstance(sent, dict) else None)

    def edit(client: Client) -> Client:
        return client._replace(**_fields(runtime, _edited(client, changes), client.callbacks, secret))

    updated = Administration(runtime).update(by, client_id, edit, secret)
    if "callbacks" in changes and isinstance(updated, Client):
        CallbackSecrets(runtime).delete_unused(updated)  # also one that an earlier request could not delete
    return updated


def _edited(client: Client, changes: Mapping[str, Any]) -> NewClient:
    members = {name: value for name, value in client_view(client).items() if name in NewClient.model_fields}
    members["callbacks"] = merged(client.callbacks, {})
    flags, callbacks = changes.get("flags"), changes.get("callbacks")
    parts = {"flags": {**members["flags"], **flags}} if isinstance(flags, dict) else {}
    parts |= {"callbacks": merged(client.callbacks, callbacks)} if isinstance(callbacks, dict) else {}
    reset = {name for name, value in changes.items() if value is None} & NewClient.model_fields.keys()
    result = {name: value for name, value in {**members, **changes, **parts}.items() if name not in reset}
    try:
        return NewClient.model_validate(result)
    except ValidationError as error:
        raise InvalidRequest(describe(error, "The client")) from error


def _callback_secret(runtime: Runtime, sent: object) -> NewCallbackSecret | None:
    """Return the secret of a request, if it has one; anything but a string fails the request's validation."""
    value = sent.get_secret_value() if isinstance(sent, SecretStr) else sent
    return NewCallbackSecret.of(value, runtime.random_bytes) if isinstance(value, str) else None


def _fields(
    runtime: Runtime, requested: NewClient, callbacks: Callbacks, secret: NewCallbackSecret | None
) -> dict[str, Any]:
    """Return the fields of the client; `callbacks` are those that it has so far."""
    test_origins = runtime.settings.callback_test_origins
    return {
        "name": requested.name,
        "sender_id": requested.sender_id,
        "scopes": tuple(scope for scope in SCOPES if scope in requested.scopes),
        "token_lifetime": requested.token_lifetime or runtime.settings.token_lifetime,
        "disclosure": tuple(dict.fromkeys(requested.disclosure)),
        "record_types": tuple(name for name in RECORD_TYPES if name in requested.record_types),
        "requests_a_minute": requested.requests_a_minute,
        "records_a_day": requested.records_a_day,
        "open_exchanges": requested.open_exchanges,
        "notifications_a_minute": requested.notifications_a_minute,
        **requested.flags.model_dump(),
        "callbacks": read_callbacks(requested.callbacks, callbacks, secret, test_origins),
        **_keys(requested, test_origins),
    }


def _keys(requested: NewClient, test_origins: frozenset[str]) -> dict[str, Any]:
    """Return the fields of the client that hold its keys. Raises InvalidRequest."""
    if requested.jwks and requested.jwks_uri:
        raise InvalidRequest("jwks and jwks_uri exclude each other: send one of them, and null for the other.")
    if requested.flags.signature == "required" and not (requested.jwks or requested.jwks_uri):
        raise InvalidRequest(
            "flags.signature required needs keys: send jwks or jwks_uri, or another value of flags.signature."
        )
    if requested.flags.signature == "required" and requested.jwks and not _can_sign(requested.jwks, requested.flags):
        raise InvalidRequest(
            "jwks must have an Ed25519 key, because flags.signature required needs one in the dialect openspp2: send "
            "one, or another value of flags.dialect."
        )
    try:
        uri = requested.jwks_uri and read_callback_url(requested.jwks_uri, test_origins)
    except ValueError as error:
        reason = str(error)
        raise InvalidRequest(f"jwks_uri is not accepted: {reason[0].lower()}{reason[1:]}") from error
    return {"jwks": requested.jwks, "jwks_uri": uri}


def _can_sign(jwks: str, flags: Flags) -> bool:
    """Return whether a client's dialect has the algorithm of one of its keys; only openspp2 has just one."""
    return flags.dialect != "openspp2" or any(key["alg"] == "EdDSA" for key in json.loads(jwks)["keys"])
