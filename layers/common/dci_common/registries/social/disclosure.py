"""What a client may see of a record: attribute names, and named sets of them.

A client may filter only by what it may see: otherwise counts would disclose what the records do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the administration of clients, which needs only these names, imports no catalogue
    from dci_common.registry.catalogue.attributes import Disclosure

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
# From the smallest to the largest, each within the next. Audit records name them: their meaning never changes.
SETS = {"minimal": MINIMAL, "standard": STANDARD, "full": FULL}
NAMES = frozenset(SETS) | FULL
_SEARCHED_ONLY: Disclosure = frozenset({"income", "related_person"})  # and never sent
_OF_GROUPS_ALONE: Disclosure = frozenset({"group_type", "poverty_score"})
_OF_GROUPS: Disclosure = _OF_GROUPS_ALONE | {
    *("identifier", "name", "phone_number", "address", "household"),
    *("additional_attributes", "registration_date", "last_updated"),
}


def disclosure(names: Iterable[str]) -> Disclosure:
    """Return the attributes that a client's list names, its sets expanded; an unknown name adds nothing."""
    return _disclosure(tuple(names))


@lru_cache(maxsize=64)  # as many as clients have different ones
def _disclosure(names: tuple[str, ...]) -> Disclosure:
    return frozenset().union(*(SETS.get(name, {name} & FULL) for name in names))


def sent(disclosed: Disclosure, record_type: str) -> Disclosure:
    """Return what records of a type have of what a client may see; without a type, what records of any have."""
    shown = disclosed - _SEARCHED_ONLY
    match record_type:
        case "SRPerson" | "Member":
            return shown - _OF_GROUPS_ALONE
        case "Group" if "household" not in disclosed:  # it shows no members
            return shown & _OF_GROUPS
        case "person":  # of the dialect of OpenSPP 17
            return shown & (STANDARD - {"address"})
    return shown


@lru_cache(maxsize=64)
def compact(disclosed: Disclosure) -> str:
    """Return what a client may see as a short text: the largest set within it, and the other attributes.

    `disclosure(text.split())` returns it again, as long as no set gets another meaning.
    """
    largest = [name for name, names in SETS.items() if names <= disclosed][-1:]
    return " ".join([*largest, *sorted(disclosed - disclosure(largest))])
