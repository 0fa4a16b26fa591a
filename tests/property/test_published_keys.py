"""Any key set that a client publishes is read, or is not a key set; no key in it does harm."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from dci_common.oauth.public_keys import MAX_PUBLISHED_KEYS, published_keys
from support.key_publisher import ed25519_key

NAMES = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "kid", "use", "key_ops", "d", "x5c"])
WORDS = ["EC", "RSA", "OKP", "P-256", "P-384", "Ed25519", "X25519", "ES256", "RS256", "EdDSA", "none", "HS256", "enc"]
VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.text("AZaz09-_=") | st.sampled_from(WORDS),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
)


@given(changes=st.dictionaries(NAMES, VALUES), missing=st.sets(NAMES), others=st.lists(VALUES, max_size=3))
def test_no_key_spoils_the_others(changes: dict[str, Any], missing: set[str], others: list[Any]) -> None:
    """Whatever stands beside a good key, the good one is read, with its kid, its algorithm and public members."""
    changed = {name: value for name, value in {**ed25519_key(1), **changes}.items() if name not in missing}
    keys = json.loads(published_keys({"keys": [changed, *others, ed25519_key(2)]}))["keys"]
    good = {name: value for name, value in ed25519_key(2).items() if name != "key_ops"}
    assert keys[-1] == good
    assert all(key.keys() <= {"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"} for key in keys)


@given(value=VALUES | st.fixed_dictionaries({"keys": VALUES}))
def test_any_json_is_a_key_set_or_is_not(value: Any) -> None:
    """JSON that is no JWK set is reported in one way."""
    with suppress(PydanticCustomError):
        assert len(json.loads(published_keys(value))["keys"]) <= MAX_PUBLISHED_KEYS
