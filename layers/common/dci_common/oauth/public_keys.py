"""The public keys that a client registers (RFC 7517), to authenticate with assertions (RFC 7523)."""

from __future__ import annotations

import json
import re
from typing import Any

import jwt
from pydantic_core import PydanticCustomError

from dci_common.oauth.assertions import ALGORITHMS
from dci_common.oauth.key_ring import thumbprint

MAX_KEYS = 5
_MAX_BYTES = 8192
_RSA_BITS = range(2048, 4097)  # larger ones cost a verifier too much time
_PUBLIC = {"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"}
_IGNORED = {"key_ops", "x5c", "x5t", "x5t#S256", "x5u"}
_KID = re.compile(r"[!-~]{1,100}")
_ALGORITHMS_OF = {"EC": ("ES256",), "RSA": ("RS256", "PS256")}  # the first is the default


def public_key_set(value: object) -> str:
    """Return the JSON text that is stored of a JWK set: each key with its `kid`, `alg` and public members.

    Raises PydanticCustomError for anything but public signature keys of a supported algorithm and size.
    """
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise _invalid(f"must be a JWK set of 1 to {MAX_KEYS} keys")
    public = [_public_key(key) for key in keys]
    if len({key["kid"] for key in public}) < len(public):
        raise _invalid("must give each key a different kid")
    text = json.dumps({"keys": public}, separators=(",", ":"))
    if len(text) > _MAX_BYTES:
        raise _invalid(f"must have at most {_MAX_BYTES} bytes")
    return text


def _public_key(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _invalid("must hold keys that are objects")
    if value.keys() - _PUBLIC - _IGNORED:
        raise _invalid("must hold only public keys, without private or unknown members")
    key = {name: value[name] for name in sorted(_PUBLIC & value.keys())}
    if not all(isinstance(member, str) for member in key.values()):
        raise _invalid("must hold keys whose members are strings")
    if not _KID.fullmatch(key.get("kid", "-")):
        raise _invalid("must hold keys whose kid is 1 to 100 visible ASCII characters")
    supported = _ALGORITHMS_OF.get(key.get("kty", ""), ("none",))
    algorithm = key.get("alg", supported[0])
    if algorithm not in supported or algorithm not in ALGORITHMS or key.get("use", "sig") != "sig":
        raise _invalid(f"must hold signature keys for {', '.join(ALGORITHMS)}")
    _check_loads(key, algorithm)
    return {**key, "alg": algorithm, "use": "sig", "kid": key.get("kid") or thumbprint(key)}


def _check_loads(key: dict[str, Any], algorithm: str) -> None:
    try:
        loaded = jwt.PyJWK(key, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _invalid("must hold keys that can be read") from error
    fits = key.get("crv") == "P-256" if algorithm == "ES256" else loaded.key_size in _RSA_BITS
    if not fits:
        raise _invalid("must hold keys on P-256, or of 2,048 to 4,096 bits")


def _invalid(rule: str) -> PydanticCustomError:
    return PydanticCustomError("rule", rule)
