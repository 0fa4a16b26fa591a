"""What of a record a client may see: attribute names, and the named sets of them.

A client may filter only on what it may see: otherwise counts would leak what fields hide.
"""

from __future__ import annotations

from collections.abc import Iterable

Disclosure = frozenset[str]

MINIMAL: Disclosure = frozenset({"identifier", "name", "birth_date", "sex"})
STANDARD: Disclosure = MINIMAL | {"birth_place", "phone_number", "email", "address", "household"}
FULL: Disclosure = STANDARD | {
    "additional_attributes",
    "death_date",
    "disability",
    "education_level",
    "employment_status",
    "group_type",
    "income",
    "income_level",
    "language_code",
    "marital_status",
    "occupation",
    "poverty_score",
    "registration_date",
    "related_person",
    "last_updated",
}
SETS = {"minimal": MINIMAL, "standard": STANDARD, "full": FULL}
NAMES = frozenset(SETS) | FULL


def disclosure(names: Iterable[str]) -> Disclosure:
    """Return the attributes that a client's list names, its sets unfolded; an unknown name adds nothing."""
    return frozenset().union(*(SETS.get(name, {name} & FULL) for name in names))
