"""The public keys of a client (RFC 7517): those that it registers, and those that it publishes at its `jwks_uri`.

They verify its assertions (RFC 7523) and the signatures of its messages.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import jwt
from pydantic_core import PydanticCustomError

from dci_common.oauth.assertions import ALGORITHMS
from dci_common.oauth.key_ring import thumbprint

MAX_KEYS = 5
MAX_PUBLISHED_KEYS = 20
_MAX_EXAMINED = 100  # published keys that are looked at
_MAX_BYTES = 8192
_RSA_BITS = range(2048, 4097)  # larger ones cost a verifier too much time
_EXPONENT_CHARACTERS = 6  # four bytes, for the same reason
_PUBLIC = {"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"}
_IGNORED = {"key_ops", "x5c", "x5t", "x5t#S256", "x5u"}
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_KID = re.compile(r"[!-~]{1,100}")
_ALGORITHMS_OF = {"EC": ("ES256",), "OKP": ("EdDSA",), "RSA": ("RS256", "PS256")}  # the first is the default
_CURVES = {"ES256": "P-256", "EdDSA": "Ed25519"}


def public_key_set(value: object) -> str:
    """Return the JSON text that is stored of a JWK set: each key with its `kid`, `alg` and public members.

    Raises PydanticCustomError for anything but public signature keys of a supported algorithm and size.
    """
    keys = _keys(value)
    if not 1 <= len(keys) <= MAX_KEYS:
        raise _invalid(f"must be a JWK set: an object with the member keys, a list of 1 to {MAX_KEYS} keys")
    public = [_registered_key(key) for key in keys]
    if len({key["kid"] for key in public}) < len(public):
        raise _invalid("must give each key a different kid")
    text = json.dumps({"keys": public}, separators=(",", ":"))
    if len(text) > _MAX_BYTES:
        raise _invalid(f"must have at most {_MAX_BYTES} bytes")
    return text


def published_keys(value: object) -> str:
    """Return the JSON text that is stored of a JWK set that a client publishes; it has the keys that are usable.

    A client may publish keys for other purposes, and members that are not known here. The first MAX_PUBLISHED_KEYS
    count. Raises PydanticCustomError for anything but a JWK set.
    """
    found: list[dict[str, str]] = []
    for key in _keys(value)[:_MAX_EXAMINED]:
        with suppress(PydanticCustomError):
            found.append(_published_key(key))
    return json.dumps({"keys": found[:MAX_PUBLISHED_KEYS]}, separators=(",", ":"))


def _keys(value: object) -> list[Any]:
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        raise _invalid(f"must be a JWK set: an object with the member keys, a list of 1 to {MAX_KEYS} keys")
    return keys


def _registered_key(value: object) -> dict[str, str]:
    if isinstance(value, dict) and value.keys() - _PUBLIC - _IGNORED:
        raise _invalid("must hold only public keys, without private or unknown members")
    key = _public_key(value)
    if not _KID.fullmatch(key["kid"]):
        raise _invalid("must hold keys whose kid is 1 to 100 visible ASCII characters")
    return key


def _published_key(value: object) -> dict[str, str]:
    members: dict[str, Any] = value if isinstance(value, dict) else {}
    operations = members.get("key_ops", ["verify"])
    if members.keys() & _PRIVATE or not isinstance(operations, list) or "verify" not in operations:
        raise _invalid("must hold public keys that verify")
    return _public_key(value)


def _public_key(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _invalid("must hold keys that are objects")
    key = {name: value[name] for name in sorted(_PUBLIC & value.keys())}
    if not all(isinstance(member, str) for member in key.values()):
        raise _invalid("must hold keys whose members are strings")
    supported = _ALGORITHMS_OF.get(key.get("kty", ""), ("none",))
    algorithm = key.get("alg", supported[0])
    if algorithm not in supported or algorithm not in ALGORITHMS or key.get("use", "sig") != "sig":
        raise _invalid(f"must hold signature keys for {', '.join(ALGORITHMS)}")
    _check_loads(key, algorithm)
    return {**key, "alg": algorithm, "use": "sig", "kid": key.get("kid", thumbprint(key))}


def _check_loads(key: dict[str, Any], algorithm: str) -> None:
    try:
        loaded = jwt.PyJWK(key, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _invalid("must hold keys that can be read") from error
    curve = _CURVES.get(algorithm)
    if curve:
        fits = key.get("crv") == curve
    else:
        fits = loaded.key_size in _RSA_BITS and len(key["e"]) <= _EXPONENT_CHARACTERS
    if not fits:
        raise _invalid("must hold keys on P-256 or Ed25519, or RSA keys of 2,048 to 4,096 bits with a small exponent")


def _invalid(rule: str) -> PydanticCustomError:
    return PydanticCustomError("rule", rule)
