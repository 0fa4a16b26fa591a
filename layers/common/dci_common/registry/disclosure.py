"""What of a record a client may see: attribute names, and the named sets of them.

A client may filter only on what it may see: otherwise counts would leak what fields hide.
"""

from __future__ import annotations

from collections.abc import Iterable

Disclosure = frozenset[str]

MINIMAL: Disclosure = frozenset({"identifier", "name", "birth_date", "sex"})
STANDARD: Disclosure = MINIMAL | {"birth_place", "phone_number", "email", "address", "household"}
FULL: Disclosure = STANDARD | {"group_type", "poverty_score", "registration_date", "last_updated"}
SETS = {"minimal": MINIMAL, "standard": STANDARD, "full": FULL}
NAMES = frozenset(SETS) | FULL


def disclosure(names: Iterable[str]) -> Disclosure:
    """Return the attributes that a client's list names, its sets unfolded; an unknown name adds nothing."""
    return frozenset().union(*(SETS.get(name, {name} & FULL) for name in names))
