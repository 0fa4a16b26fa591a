"""Values that are found faster than by the general way: they are the same."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date

import phonenumbers
import pytest

from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.support.json_lines import BadLine, parse_line
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import (
    AdditionalAttribute,
    Address,
    AnyRecord,
    Group,
    Identifier,
    Membership,
    Name,
    Person,
    Place,
)
from dci_common.registry.model.views import View
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import record_items

_TODAY = date(2026, 3, 1)


def test_a_number_is_the_same_as_by_the_library() -> None:
    """A number with any start, known as a calling code or not, has the form that phonenumbers gives it."""
    for start in ("", "+", "+0", "0", *(f"+{code}" for code in range(1, 1000))):
        assert normalize.phone(f"{start}171072148") == _by_library(f"{start}171072148"), start
    for short in ("+", "+1", "+99", "+999", "+9991", "+25", "17"):
        assert normalize.phone(short) == _by_library(short)


def _by_library(dialled: str) -> str:
    try:
        number = phonenumbers.parse(dialled, "ZZ")
    except phonenumbers.NumberParseException:
        return dialled
    is_possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_possible else dialled


@pytest.mark.parametrize(
    "line",
    [
        b'{"person" : {"id":"a", "id" :"b"}}',
        b'{"person":{"id":"a:b","id":"c:d"}}',
        b'{"person":{"id":"a","id":"b","name":{"given_name":"\\u003a"}}}',
        b'{"person":{"id":"a","id":"b","name":{"given_name":"\\":\\":"}}}',
        b'{"person":{"id":{"a":1},"id":":"}}',
    ],
)
def test_a_repeated_key_is_found_however_it_is_written(line: bytes) -> None:
    """Neither spaces nor colons nor escapes hide that a key is there twice."""
    with pytest.raises(BadLine, match="The line has id more than once in an object"):
        parse_line(line)


def test_a_line_is_read_as_json_reads_it() -> None:
    """Texts, numbers and nested values are those of Python's own parser."""
    line = (
        b'{"group": {"id": "a:1", "poverty_score": 1E5, "x": [-0, 4.35, 0.1e-6, 12345678901234567890123, null, ":"]}}'
    )
    assert parse_line(line)[2] == json.loads(line)["group"]


@pytest.mark.parametrize("number", [0.0001, 0.00001234, 1e-5, -2.5e-7, 1e-12, 1e15, 123456789.123, 0.1, 3.0])
def test_a_number_in_a_body_is_written_as_json_writes_it(number: float) -> None:
    """The body of a record is the same text as ever, so that its digest is too."""
    view = {"id": "a", "name": 'e-5 e-x \u2028\x7f\u00e9"', "poverty_score": number, "members": []}
    (item,) = record_items(Indexing(SOCIAL_CATALOGUE, 4, _TODAY), Kind.GROUP, view, version=1)
    assert item["body"]["S"] == json.dumps(view, ensure_ascii=False, separators=(",", ":"))


def test_a_household_that_changed_is_indexed_as_it_is() -> None:
    """The facets of a household that an earlier person had are not those of one that differs."""
    indexing = Indexing(SOCIAL_CATALOGUE, 4, _TODAY)
    home = {"id": "h", "group_type": "family", "roles": ["head"], "member_spans": [["", "", 2]]}
    for entry in (
        home,
        home | {"roles": ["x"]},
        home | {"group_type": "other"},
        home | {"member_spans": [["", "", 3]]},
    ):
        view = {"id": "a", "households": [entry]}
        other = Indexing(SOCIAL_CATALOGUE, 4, _TODAY)
        assert indexing.attributes(Kind.PERSON, view) == other.attributes(Kind.PERSON, view)


_RECORDS: dict[str, AnyRecord] = {
    "person": Person(id="a", name=Name(given_name="A"), restricted=True),
    "group": Group(id="a", place=Place(name="x"), addresses=(Address(locality="x"),)),
    "membership": Membership(person_id="a", group_id="a"),
    "identifiers": Person(id="a", identifiers=(Identifier(identifier_type="X", identifier_value="1"),)),
    "others": Person(
        id="a", additional_attributes=(AdditionalAttribute(key="null", value='[]{}"restricted":false'),)
    ),
}


@pytest.mark.parametrize("record", [pytest.param(record, id=name) for name, record in _RECORDS.items()])
def test_a_default_that_is_given_is_not_stored(record: AnyRecord) -> None:
    """A new record has no field of which its row gives the default, at any depth."""
    defaults = _with_defaults(record)
    assert defaults.model_fields_set == set(type(record).model_fields)
    assert _staged(defaults) == _staged(record) == record_fields(record)
    for name, field in type(record).model_fields.items():
        if not field.is_required():
            others = record.model_dump(exclude_unset=True, exclude={name})
            assert name not in _staged(type(record).model_validate({**others, name: field.default}))


def _with_defaults(record: AnyRecord) -> AnyRecord:
    """Return a record with every field given."""
    return type(record).model_validate(record.model_dump())


def _staged(record: AnyRecord) -> View:
    """Return what the staging has of a new record."""
    with closing(Staging()) as staging:
        staging.add(record, "x.jsonl", 1)
        (body,) = staging.db.execute(
            "SELECT ifnull(body, given) FROM records UNION ALL SELECT ifnull(body, given) FROM memberships"
        ).fetchone()
        return dict(json.loads(body))
