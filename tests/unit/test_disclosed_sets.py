"""What audit records say that a client might see: a set by its name, and further attributes."""

from __future__ import annotations

import pytest

from dci_common.registries.social.disclosure import FULL, MINIMAL, SETS, STANDARD, compact, disclosure

MEANINGS = {
    "minimal": "birth_date identifier name sex",
    "standard": "address birth_date birth_place email household identifier name phone_number sex",
    "full": (
        "additional_attributes address birth_date birth_place death_date disability education_level email"
        " employment_status group_type household identifier income income_level language_code last_updated"
        " marital_status name occupation phone_number poverty_score registration_date related_person sex"
    ),
}


def test_a_set_never_changes_its_meaning() -> None:
    """Audit records of years name the sets: another set of attributes needs another name."""
    assert {name: " ".join(sorted(names)) for name, names in SETS.items()} == MEANINGS


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (FULL, "full"),
        (STANDARD, "standard"),
        (MINIMAL | {"phone_number"}, "minimal phone_number"),
        (STANDARD | {"income", "disability"}, "standard disability income"),
        ({"poverty_score", "name"}, "name poverty_score"),
        (frozenset(), ""),
    ],
)
def test_a_disclosure_is_recorded_in_short(seen: frozenset[str], text: str) -> None:
    """The text is the largest set that the client may see all of, with the rest, and says the same."""
    assert compact(frozenset(seen)) == text
    assert disclosure(text.split()) == seen
