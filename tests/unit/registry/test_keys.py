"""Keys, and the forms in which values are matched."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import is_active
from dci_common.registry.storage import keys


@pytest.mark.parametrize(
    "text", ["+999170123456", " +999 170 123 456 ", "00999170123456", "+999 (170) 123-456", "0099.9170/123456"]
)
def test_one_phone_number_has_one_form(text: str) -> None:
    """Punctuation is dropped, and 00 is +."""
    assert normalize.phone(text) == "+999170123456"
    assert normalize.phone(normalize.phone(text)) == normalize.phone(text)
    assert keys.phone_pk(normalize.phone(text)) == "PHONE#+999170123456"


def test_a_national_phone_number_stays_national() -> None:
    """One leading zero is a part of the number."""
    assert normalize.phone("0170 123 456") == "0170123456"


def test_one_email_address_has_one_form() -> None:
    """Case and the space around an address do not count."""
    for text in (" Person1@Example.ORG ", "person1@example.org"):
        assert keys.email_pk(normalize.email(text)) == "EMAIL#person1@example.org"
    assert normalize.email("STRASSE@x") == normalize.email("straße@x")


def test_one_identifier_type_has_one_form() -> None:
    """Case and spacing do not count; the value is kept, but for the space around it."""
    assert keys.identifier_pk(" national  Id ", normalize.identifier(" aB 1 ")) == "IDENTIFIER#NATIONAL ID#aB 1"


def test_the_shard_of_a_record_never_changes() -> None:
    """Stored records are found only if their shard is computed alike forever."""
    shards = [keys.shard(Kind.PERSON, f"p{number}", 4) for number in range(4)]
    assert shards == ["PERSON#1", "PERSON#3", "PERSON#1", "PERSON#3"]
    spread = {keys.shard(Kind.GROUP, f"h{number:04}", 8) for number in range(100)}
    assert spread == {f"GROUP#{number}" for number in range(8)}


def test_slot_values_are_ordered_by_value_then_id() -> None:
    """A shorter value comes before one that it begins."""
    ordered = [("", "a"), ("1990-01-31", "a"), ("1990-01-31", "b"), ("1990-02-01", "a")]
    values = [keys.slot_value(value, record_id) for value, record_id in ordered]
    assert values == sorted(values)


@pytest.mark.parametrize(
    ("membership", "active"),
    [
        ({}, True),
        ({"start": "2026-03-01"}, True),
        ({"start": "2026-03-02"}, False),
        ({"end": "2026-03-02"}, True),
        ({"end": "2026-03-01"}, False),
        ({"start": "2026-03-01", "end": "2026-03-01"}, False),
    ],
)
def test_a_membership_starts_with_its_first_day_and_is_over_on_its_end(
    membership: dict[str, str], *, active: bool
) -> None:
    """`start` is the first day in force, `end` the first that is not."""
    assert is_active(membership, date(2026, 3, 1)) is active


PHONE_FORMS = Path(__file__).with_name("phone_forms.tsv").read_text(encoding="utf-8").splitlines()


def test_the_keys_of_phone_numbers_are_those_that_tables_have() -> None:
    """A release of phonenumberslite that changes a country's forms needs another version of the rules (rules.py)."""
    for line in PHONE_FORMS:
        country, national, international = line.split("\t")
        assert normalize.phone(national, country) == international
        assert normalize.phone(international) == normalize.phone(international, country) == international


@pytest.mark.exhaustive
def test_the_library_of_phone_numbers_waits_for_the_first_one() -> None:
    """A cold start that needs no phone number does not import it."""
    program = (
        "import sys, dci_search.app\n"
        "from dci_common.registries.social.catalogue import social_catalogue\n"
        "type_ = social_catalogue(frozenset(), 'TH').find('phone').type\n"
        "assert 'phonenumbers' not in sys.modules\n"
        "assert type_.normalize('081-234-5678') == '+66812345678' and 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
