"""Any text in a record: rejected, or kept unchanged and matched."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dci_common.registry.model import normalize
from dci_common.registry.model.base import record_fields
from dci_common.registry.model.records import Group, Identifier
from dci_common.registry.storage import keys
from dci_common.validation import describe

_CASED = 0x20000  # no character from here on has a case

texts = st.text(min_size=1, max_size=500)


@given(text=texts)
def test_any_text_is_kept(text: str) -> None:
    """Any text is kept but for the space around it, and reads back from JSON; control characters are rejected."""
    try:
        group = Group(id="g1", name=text)
    except ValidationError as error:
        said = describe(error, "")
        assert said in {"name must not hold control characters.", "name must not be empty.", "name is not valid."}
        return
    assert group.name == text.strip()
    assert Group.model_validate_json(json.dumps(record_fields(group))) == group


@given(type_=st.text(min_size=1, max_size=100), value=texts)
def test_any_accepted_identifier_has_a_key(type_: str, value: str) -> None:
    """Any identifier that is accepted has a key that DynamoDB takes, and that contains its type."""
    try:
        identifier = Identifier(identifier_type=type_, identifier_value=value)
    except ValidationError:
        return
    pk = keys.identifier_pk(identifier.identifier_type, normalize.identifier(identifier.identifier_value))
    assert pk == keys.identifier_pk(f"  {type_.upper()}", normalize.identifier(f"{value} "))
    assert len(pk.encode()) <= 2048
    assert pk.split("#")[1] == normalize.identifier_type(type_)


def test_matched_forms_are_stable() -> None:
    """Bringing a type or an address into its matched form twice changes nothing more, for any character."""
    for char in map(chr, range(_CASED)):
        assert normalize.identifier_type(normalize.identifier_type(char)) == normalize.identifier_type(char)
        assert normalize.email(normalize.email(char)) == normalize.email(char)
