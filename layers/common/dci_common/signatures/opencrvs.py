"""OpenCRVS's dialect: a compact JWS whose payload is the JSON of header and message, in any writing.

The payload is compared with the message as JavaScript compares parsed values. They must be the same in all members:
OpenCRVS drops unknown ones before it compares, but here nothing is accepted that was not signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dci_common.signatures import jws
from dci_common.signatures.dialect import InvalidSignature, Verified, sent_until, signed_content
from dci_common.signatures.json_forms import Unreadable, parse, same_json

if TYPE_CHECKING:
    from dci_common.oauth.key_ring import SigningKey
    from dci_common.signatures.dialect import KeyFinder

ALGORITHM = "RS256"
IS_ATTACHED = True
_MAX_CHARACTERS = 1024 * 1024  # the signature contains the message; a request's body is not larger


def verify(signature: str, content: Mapping[str, Any], find: KeyFinder, now: float) -> Verified:
    """Return what a signature proves about a message. Raises InvalidSignature."""
    if len(signature) > _MAX_CHARACTERS:
        raise InvalidSignature("form", f"The signature has more than {_MAX_CHARACTERS:,} characters.")
    attached = jws.read(signature)
    if not attached.payload:
        raise InvalidSignature("form", "The signature must be a JWS that contains its payload.")
    keys, sent = jws.signers(attached, find), signed_content(content)
    expires = sent_until(sent["header"], now)
    if not attached.is_signed(keys):
        raise InvalidSignature("signature", "The signature does not fit its own payload: sign with a registered key.")
    if not same_json(_payload(attached), sent):
        raise InvalidSignature(
            "content", "The signature's payload differs from header and message: send the values that were signed."
        )
    return Verified(attached.identity(), expires)


def _payload(attached: jws.Parts) -> dict[str, Any]:
    try:
        return parse(jws.decode(attached.payload))
    except Unreadable as error:
        raise InvalidSignature("content", f"The signature's payload cannot be read. {error}") from error


def sign(key: SigningKey, header: str, message: str, now: float) -> str:  # noqa: ARG001 - message_ts is the time
    """Return the signature of a message."""
    return ".".join(jws.compact(key, f'{{"header":{header},"message":{message}}}'.encode(), None))
