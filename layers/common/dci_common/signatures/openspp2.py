"""OpenSPP2's dialect: `namespace="dci", kidId="…", …` with Ed25519, after draft-cavage-http-signatures.

The digest is that of header and message as Python's json writes them. OpenSPP2 signs the header that it sends, but
verifies it as its pydantic model writes it: unknown members dropped, defaults filled in. So both are accepted here,
and what this registry signs is the filled header.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from dci_common.signatures.dialect import (
    CLOCK_SKEW_SECONDS,
    MAX_CHARACTERS,
    InvalidSignature,
    Verified,
    base64_bytes,
    fitting_keys,
    is_signed,
    private_key,
    signed_content,
    unknown_key,
)
from dci_common.signatures.json_forms import python_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jwt

    from dci_common.oauth.key_ring import SigningKey
    from dci_common.signatures.dialect import KeyFinder

ALGORITHM = "EdDSA"
IS_ATTACHED = False
_CAVAGE_ALGORITHM = "ed25519"
_SIGNED_HEADERS = "(created) (expires) digest"
_NAMES = ("namespace", "kidId", "algorithm", "created", "expires", "headers", "signature")
_PARAMETER = re.compile(r'\s*(\w+)=(?:"([^"]*)"|([^",\s]+))\s*(?:,|$)', re.ASCII)
_EPOCH_SECONDS = re.compile(r"[1-9][0-9]{0,11}")
_SECONDS = 300
_MAX_SECONDS = 900


class _RequestHeader(BaseModel):
    """The header as OpenSPP2's own model has it; without a receiver_id, it rejects a message."""

    version: str = "1.0.0"
    message_id: str
    message_ts: datetime
    action: str
    sender_id: str
    sender_uri: str | None = None
    receiver_id: str
    total_count: int = 0
    is_msg_encrypted: bool = False
    meta: dict[str, Any] | None = None


class _CallbackHeader(_RequestHeader):
    status: Literal["rcvd", "pdng", "succ", "rjct"]
    status_reason_code: str | None = None
    status_reason_message: str | None = None
    completed_count: int = 0


def verify(signature: str, content: Mapping[str, Any], find: KeyFinder, now: float) -> Verified:
    """Return what a signature proves about a message. Raises InvalidSignature."""
    given = _parameters(signature)
    _check_times(given, now)
    keys, signed = _signers(given["kidId"], find), signed_content(content)
    seal, header, message = base64_bytes(given["signature"], "+/"), signed["header"], signed["message"]
    for form in (header, _filled(header)):
        text = _signing_string(given["created"], given["expires"], form, message)
        if is_signed(text, seal, keys):
            return Verified(hashlib.sha256(text).digest(), int(given["expires"]))
    raise InvalidSignature(
        "digest",
        "The signature does not fit the times and the digest of header and message: sign the header that is sent, in "
        "the form of Python's json with sorted keys.",
    )


def sign(key: SigningKey, header: str, message: str, now: float) -> str:
    """Return the signature of a message."""
    created, expires = str(int(now)), str(int(now) + _SECONDS)
    text = _signing_string(created, expires, _filled(json.loads(header)), json.loads(message))
    seal = base64.b64encode(private_key(key.alg, key.private_key).sign(text)).decode()
    values = ("dci", key.kid, _CAVAGE_ALGORITHM, created, expires, _SIGNED_HEADERS, seal)
    return ", ".join(f'{name}="{value}"' for name, value in zip(_NAMES, values, strict=True))


def _signing_string(created: str, expires: str, header: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
    digest = hashlib.sha256(python_form({"header": header, "message": message})).digest()
    return f"(created): {created}\n(expires): {expires}\ndigest: {base64.b64encode(digest).decode()}".encode()


def _filled(header: dict[str, Any]) -> dict[str, Any]:
    """Return the header as OpenSPP2 hashes what it receives; unchanged where OpenSPP2 would reject it."""
    for model in (_CallbackHeader, _RequestHeader):
        try:
            return model.model_validate(header).model_dump(mode="json")
        except ValidationError:
            continue
    return header


def _parameters(signature: str) -> dict[str, str]:
    if len(signature) > MAX_CHARACTERS:
        raise InvalidSignature("form", f"The signature has more than {MAX_CHARACTERS} characters.")
    given, text, end = dict[str, str](), signature.strip().removeprefix("Signature:"), 0
    while end < len(text):
        found = _PARAMETER.match(text, end)
        if found is None or found[1] in given:
            raise InvalidSignature("form", 'The signature must have the form name="value", each name once.')
        given[found[1]], end = found[2] if found[3] is None else found[3], found.end()
    if given.keys() != set(_NAMES):
        raise InvalidSignature("form", f"The signature must have the parameters {', '.join(_NAMES)}, and no others.")
    if given["algorithm"] != _CAVAGE_ALGORITHM:
        raise InvalidSignature("algorithm", f"The signature's algorithm must be {_CAVAGE_ALGORITHM}.")
    if given["headers"] != _SIGNED_HEADERS:
        raise InvalidSignature("form", f'The signature must be over headers="{_SIGNED_HEADERS}".')
    return given


def _check_times(given: Mapping[str, str], now: float) -> None:
    if not all(_EPOCH_SECONDS.fullmatch(given[name]) for name in ("created", "expires")):
        raise InvalidSignature("form", "The parameters created and expires must be seconds since 1970.")
    created, expires = int(given["created"]), int(given["expires"])
    if not created <= expires <= created + _MAX_SECONDS:
        raise InvalidSignature(
            "times", f"The signature must expire after its creation, by up to {_MAX_SECONDS} seconds."
        )
    if created > now + CLOCK_SKEW_SECONDS or now > expires:
        raise InvalidSignature(
            "times", "The signature was created in the future, or has expired: sign just before sending."
        )


def _signers(kid: str, find: KeyFinder) -> Sequence[jwt.PyJWK]:
    """Return the keys that a kidId names; those that OpenSPP2 would try, all of the client's, where it names none.

    OpenSPP2's own key set has whole kidIds as key ids. Others register just the middle part, or never heard of it.
    """
    parts = kid.split("|")
    named = parts[1] if len(parts) == 3 else kid  # noqa: PLR2004 - sender, key and algorithm
    known = fitting_keys(find, None, ALGORITHM)
    # To find an id that is not known fetches the keys anew, so both ids are looked for among the known ones first.
    chosen = ([key for key in known if key.key_id == each] for each in (kid, named))
    found = (fitting_keys(find, each, ALGORITHM) for each in (kid, named, None))
    keys = next(filter(None, chain(chosen, found)), [])
    if not keys:
        raise unknown_key(ALGORITHM)
    return keys
