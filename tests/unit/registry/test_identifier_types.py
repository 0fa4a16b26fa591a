"""Which identifier type a name means: the type itself first, and otherwise the only one that differs in spelling."""

from __future__ import annotations

import pytest

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE


def meant(asked: str, *known: str) -> str | None:
    """Return the type that is meant in a registry that knows some."""
    found = SOCIAL_CATALOGUE.with_identifier_types(known).find(asked)
    return found.name if found else None


@pytest.mark.parametrize("asked", ["national_id", "National-ID", "NationalId", "urn:gov:national id", "x.nationalID"])
def test_one_known_type_is_meant_in_any_spelling(asked: str) -> None:
    """Case, punctuation and a namespace that the registry does not use do not count."""
    assert meant(asked, "National ID") == "NATIONAL ID"


def test_two_namespaces_are_two_types() -> None:
    """Each is found by its own name; what both could mean, or another namespace, is neither."""
    known = "urn:a:nid", "urn:b:nid"
    assert [meant(asked, *known) for asked in ("urn:a:nid", "URN:B:NID", "urn:A:n-id")] == [
        "URN:A:NID",
        "URN:B:NID",
        "URN:A:NID",
    ]
    assert [meant(asked, *known) for asked in ("nid", "urn:c:nid", "n_id")] == [None, None, None]


def test_a_type_with_a_namespace_is_meant_without_it() -> None:
    """Where one type has the name, its namespace may be left out, but not replaced."""
    assert meant("nid", "urn:a:nid") == "URN:A:NID"
    assert meant("urn:b:nid", "urn:a:nid") is None


@pytest.mark.parametrize("asked", ["Card No", "card_no", "card-no"])
def test_the_exact_type_comes_first(asked: str) -> None:
    """Types that differ in punctuation alone are found by their own names."""
    assert meant(asked, "Card No", "card_no", "card-no") == asked.upper()
    assert meant("CardNo", "Card No", "card_no") is None


def test_punctuation_alone_is_no_type() -> None:
    """A name without letters means nothing, whatever types end in punctuation."""
    assert [meant(asked, "I.D.", "ID:") for asked in (".", ":", "-", "x.")] == [None] * 4


def test_a_household_id_has_another_name() -> None:
    """HHID is HOUSEHOLD_ID, unless the registry has a type of that name."""
    assert [meant(asked) for asked in ("HHID", "hh_id", "household-id", "HouseholdId")] == ["HOUSEHOLD_ID"] * 4
    assert meant("HHID", "hhid") == meant("hh-id", "hhid") == "HHID"
    assert meant("household_id", "hhid") == "HOUSEHOLD_ID"
