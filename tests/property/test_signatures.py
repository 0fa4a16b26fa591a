"""Signed messages: any that is signed arrives, through any proxy of its dialect, and none that was changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dci_common.signatures.dialect import InvalidSignature, dialect_of
from dci_common.signatures.json_forms import Unreadable, parse, same_json
from support import signature_peers as peers
from support.example_counts import some
from support.message_signers import NOW, body, header, pair, verify

SIGNERS = {name: pair(dialect_of(name).ALGORITHM) for name in peers.SIGN}
SAFE = 2**53 - 1  # the largest integer that JavaScript keeps
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [1.0, -0.0, 1e16, 1e21, 1e22, 1e-5, 1e-7, 5e-324, 1.7976931348623157e308, 12345678901234567890.0]
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def messages(
    integers: st.SearchStrategy[int], texts: st.SearchStrategy[str] = TEXT
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the objects of any depth that JSON can carry."""
    values = st.recursive(
        st.none() | st.booleans() | integers | FLOATS | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    )
    return st.dictionaries(texts, values, max_size=4)


INTEGERS = {
    "openspp2": st.integers(-(2**63), 2**64 - 1),
    "openg2p": st.integers(-(2**63), 2**64 - 1),
    "opencrvs": st.integers(-SAFE, SAFE),
}
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "sender_uri": st.sampled_from(["", None, "https://partner.example/on-search"]),
        "meta": st.none() | messages(st.integers(-SAFE, SAFE)),
        "is_msg_encrypted": st.just(False),  # noqa: FBT003
        "message_ts": st.sampled_from(["2026-03-01T09:30:00.12Z", "2026-03-01T12:30:00+03:00"]),
        "x": FLOATS,
    },
)


@pytest.mark.parametrize("dialect", peers.SIGN)
@given(data=st.data())
def test_what_a_partner_signs_is_verified_through_any_proxy(dialect: str, data: st.DataObject) -> None:
    """Signed by the partner's libraries, parsed and written again by them on the way, any message is verified."""
    sent, message = header(**data.draw(HEADERS)), data.draw(messages(INTEGERS[dialect]))
    text = body(peers.SIGN[dialect](SIGNERS[dialect], sent, message, NOW), sent, message)
    for proxy in peers.PROXIES[dialect]:
        assert verify(dialect, proxy(text), SIGNERS[dialect])


@pytest.mark.parametrize("dialect", peers.SIGN)
@given(data=st.data())
def test_what_we_sign_is_verified_by_the_partner_and_by_us(dialect: str, data: st.DataObject) -> None:
    """Through any proxy, the partner's implementation accepts our signature, and so do we."""
    extra = data.draw(HEADERS)
    sent, message = header(**extra), data.draw(messages(INTEGERS[dialect]))
    first, second = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in (sent, message))
    signature = dialect_of(dialect).sign(SIGNERS[dialect].signing_key, first, second, NOW)
    for proxy in peers.PROXIES[dialect]:
        text = proxy(body(signature, sent, message))
        assert peers.ACCEPTS[dialect](SIGNERS[dialect], text, NOW)
        assert verify(dialect, text, SIGNERS[dialect])


@pytest.mark.parametrize("dialect", ["openspp2", "openg2p"])
@given(message=messages(st.integers(-(10**60), 10**60)))
@settings(max_examples=some(0.5))
def test_integers_of_any_size_are_verified_where_python_carries_them(dialect: str, message: dict[str, Any]) -> None:
    """Python's json keeps all digits, and so do we."""
    first, second = json.dumps(header()), json.dumps(message)
    signature = dialect_of(dialect).sign(SIGNERS[dialect].signing_key, first, second, NOW)
    text = json.dumps(json.loads(body(signature, header(), message)), indent=1)
    assert verify(dialect, text, SIGNERS[dialect])


@pytest.mark.parametrize("dialect", peers.SIGN)
@given(message=messages(st.integers(-SAFE, SAFE)), data=st.data())
def test_no_byte_of_a_message_may_change(dialect: str, message: dict[str, Any], data: st.DataObject) -> None:
    """Any other byte in header or message is rejected, unless it means the same."""
    key = SIGNERS[dialect]
    text = body(peers.SIGN[dialect](key, header(), message, NOW), header(), message).encode()
    first = text.index(b'"header"') - 1
    place = data.draw(st.integers(first, len(text) - 1))
    byte = data.draw(st.integers(0, 255) | st.sampled_from(b' ",:{}[]\\0123456789.eE+-u'))
    changed = text[:place] + bytes([byte]) + text[place + 1 :]
    assume(not means_the_same(dialect, text, changed))
    with pytest.raises((Unreadable, InvalidSignature)):
        verify(dialect, changed, key)


def means_the_same(dialect: str, text: bytes, changed: bytes) -> bool:
    """Return whether two bodies are the same message to the partner's software."""
    try:
        one, other = parse(text), parse(changed)
    except Unreadable:
        return False
    if dialect == "opencrvs":
        return same_json(one, other)
    return repr(sorted_members(one)) == repr(sorted_members(other))


def sorted_members(value: Any) -> Any:
    """Return a value whose objects are sorted lists, to compare it with its types."""
    if isinstance(value, dict):
        return sorted((name, sorted_members(each)) for name, each in value.items())
    return [sorted_members(each) for each in value] if isinstance(value, list) else value
