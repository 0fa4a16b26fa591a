"""Partners' servers as the facts about them describe them: each signs and verifies with its own libraries.

Nothing here uses the product's code. OpenSPP2 has Python's json and cryptography, OpenG2P orjson and a JOSE library,
OpenCRVS JavaScript's JSON, which is imitated here, and a JOSE library. A peer takes and returns the text of a body.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.exceptions import InvalidSignature
from joserfc import jws
from joserfc.errors import BadSignatureError, SecurityWarning
from joserfc.jwk import Key, import_key

from support.javascript import stringify

if TYPE_CHECKING:
    from support.message_signers import Pair

Content = dict[str, Any]
FILLED = {"version": "1.0.0", "sender_uri": None, "total_count": 0, "is_msg_encrypted": False, "meta": None}
FILLED_CALLBACK = {"status_reason_code": None, "status_reason_message": None, "completed_count": 0}
REQUIRED = {"message_id", "message_ts", "action", "sender_id", "receiver_id"}


def filled(header: Content) -> Content:
    """Return a header as OpenSPP2's model writes it: ten members, or fourteen of a callback."""
    defaults = FILLED | (FILLED_CALLBACK if "status" in header else {})
    names = {*defaults, *REQUIRED, *({"status"} & header.keys())}
    known = {name: value for name, value in header.items() if name in names}
    moment = datetime.fromisoformat(known["message_ts"])
    text = moment.isoformat().replace("+00:00", "Z")
    return defaults | known | {"message_ts": text}


def openspp2_digest(header: Content, message: Content) -> str:
    """Return the digest of a message."""
    text = json.dumps({"header": header, "message": message}, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def openspp2_sign(pair: Pair, header: Content, message: Content, now: float, seconds: int = 300) -> str:
    """Sign a message as OpenSPP2 does."""
    created, expires = int(now), int(now) + seconds
    signed = f"(created): {created}\n(expires): {expires}\ndigest: {openspp2_digest(header, message)}"
    signature = base64.b64encode(pair.private.sign(signed.encode())).decode()  # type: ignore[call-arg]
    return (
        f'namespace="dci", kidId="{header.get("sender_id", "p")}|{pair.kid}|ed25519", algorithm="ed25519", '
        f'created="{created}", expires="{expires}", headers="(created) (expires) digest", signature="{signature}"'
    )


def openspp2_accepts(pair: Pair, body: str, now: float) -> bool:
    """Return whether OpenSPP2 accepts a body: it fills the header that it received."""
    content = json.loads(body)
    if REQUIRED - content["header"].keys():
        return False
    given = {
        match[0] or match[2]: match[1] or match[3]
        for match in re.findall(r'(\w+)="([^"]+)"|(\w+)=([^\s,]+)', content["signature"])
    }
    created, expires = int(given["created"]), int(given["expires"])
    if now > expires or created > now + 60 or given["algorithm"] != "ed25519":
        return False
    digest = openspp2_digest(filled(content["header"]), content["message"])
    signed = f"(created): {created}\n(expires): {expires}\ndigest: {digest}"
    try:
        pair.private.public_key().verify(base64.b64decode(given["signature"]), signed.encode())  # type: ignore[call-arg]
    except InvalidSignature:
        return False
    return True


def openg2p_sign(pair: Pair, header: Content, message: Content, now: float = 0) -> str:  # noqa: ARG001 - has no times
    """Sign a message as OpenG2P does."""
    payload = orjson.dumps({"header": header, "message": message}, option=orjson.OPT_SORT_KEYS)
    return jws.detach_content(_compact(pair, payload, {"alg": pair.alg, "kid": pair.kid, "typ": "JWT"}))


def openg2p_accepts(pair: Pair, body: str, now: float) -> bool:  # noqa: ARG001 - has no times
    """Return whether OpenG2P accepts a body."""
    content = json.loads(body)
    payload = orjson.dumps({"header": content["header"], "message": content["message"]}, option=orjson.OPT_SORT_KEYS)
    protected, detached, signature = content["signature"].split(".")
    attached = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    return detached == "" and _verified(pair, f"{protected}.{attached}.{signature}") == payload


def opencrvs_sign(pair: Pair, header: Content, message: Content, now: float = 0) -> str:  # noqa: ARG001 - has no times
    """Sign a message as OpenCRVS does."""
    payload = stringify({"header": header, "message": message}).encode()
    return _compact(pair, payload, {"alg": pair.alg, "kid": pair.kid})


def opencrvs_accepts(pair: Pair, body: str, now: float) -> bool:  # noqa: ARG001 - has no times
    """Return whether OpenCRVS accepts a body: it compares parsed values."""
    content = json.loads(body)
    payload = _verified(pair, content.pop("signature"))
    return payload is not None and _canonical(payload.decode()) == _canonical(json.dumps(content))


def _canonical(text: str) -> str:
    return stringify(json.loads(text), sort=True)


@cache
def _private_key(pair: Pair) -> Key:
    key: Key = import_key(pair.pem, pair.jwk["kty"])
    return key


def _compact(pair: Pair, payload: bytes, protected: Content) -> str:
    with _eddsa_without_warning():
        return jws.serialize_compact(protected, payload, _private_key(pair), algorithms=[pair.alg])


def _verified(pair: Pair, compact: str) -> bytes | None:
    try:
        with _eddsa_without_warning():
            return jws.deserialize_compact(compact, import_key(pair.jwk), algorithms=[pair.alg]).payload
    except BadSignatureError:
        return None


@contextmanager
def _eddsa_without_warning() -> Iterator[None]:
    """RFC 9864 has a new name for the algorithm, which none of the servers uses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def timestamp(now: float) -> str:
    """Return the time in whole seconds."""
    return datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z")


Proxy = Callable[[str], str]
PROXIES: dict[str, list[Proxy]] = {
    # What may stand between sender and receiver, and parse and write a body again.
    "openspp2": [
        lambda body: body,
        lambda body: json.dumps(json.loads(body), indent=2),
        lambda body: json.dumps(json.loads(body), ensure_ascii=False, sort_keys=True),
        lambda body: orjson.dumps(orjson.loads(body)).decode(),
    ],
    "opencrvs": [lambda body: body, lambda body: stringify(json.loads(body))],
}
PROXIES["openg2p"] = PROXIES["openspp2"]
SIGN: dict[str, Callable[[Pair, Content, Content, float], str]] = {
    "openspp2": openspp2_sign,
    "openg2p": openg2p_sign,
    "opencrvs": opencrvs_sign,
}
ACCEPTS: dict[str, Callable[[Pair, str, float], bool]] = {
    "openspp2": openspp2_accepts,
    "openg2p": openg2p_accepts,
    "opencrvs": opencrvs_accepts,
}
