"""OpenG2P's dialect: a detached compact JWS over the message as orjson writes it, with sorted keys.

The signing input is `base64url(protected).base64url(form)`, an ordinary payload and not RFC 7797's. The software that
received a message may have written it again, so what is verified is the form of the parsed message.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dci_common.signatures import jws
from dci_common.signatures.dialect import MAX_CHARACTERS, InvalidSignature, Verified, sent_until, signed_content
from dci_common.signatures.json_forms import orjson_forms

if TYPE_CHECKING:
    from dci_common.oauth.key_ring import SigningKey
    from dci_common.signatures.dialect import KeyFinder

ALGORITHM = "EdDSA"
IS_ATTACHED = False


def verify(signature: str, content: Mapping[str, Any], find: KeyFinder, now: float) -> Verified:
    """Return what a signature proves about a message. Raises InvalidSignature."""
    if len(signature) > MAX_CHARACTERS:
        raise InvalidSignature("form", f"The signature has more than {MAX_CHARACTERS} characters.")
    detached = jws.read(signature)
    if detached.payload:
        raise InvalidSignature("form", "The signature must be a detached JWS, without its payload.")
    keys, signed = jws.signers(detached, find), signed_content(content)
    expires = sent_until(signed["header"], now)
    for form in orjson_forms(signed):
        parts = detached._replace(payload=base64.urlsafe_b64encode(form).rstrip(b"=").decode())
        if parts.is_signed(keys):
            return Verified(parts.identity(), expires)
    raise InvalidSignature(
        "signature",
        "The signature does not fit header and message: sign both as compact JSON with sorted keys, in UTF-8 without "
        "escapes.",
    )


def sign(key: SigningKey, header: str, message: str, now: float) -> str:  # noqa: ARG001 - message_ts is the time
    """Return the signature of a message."""
    form, *_ = orjson_forms({"header": json.loads(header), "message": json.loads(message)})
    return ".".join(jws.compact(key, form, "JWT")._replace(payload=""))
