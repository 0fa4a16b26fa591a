"""Sixteen queries that ministries ask of a social registry, and the size up to which each is answered at once.

What they find grows with the registry. Places and values are those of synthetic people.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from search_queries import Criteria, predicate

from dci_common.registry.execute.choice import MAX_COUNTED
from dci_common.settings import Settings

_DISTRICT = ("district", "eq", "San Isidro")
_REGION = ("region", "eq", "coastal_region")
_UNDER_FIVE = ("age", "lt", 5)
_CHILD = ("age", "lt", 18)
_ELDERLY = ("age", "ge", 65)
_POOR = ("poverty_score", "lt", 2)
_WOMAN = ("sex", "eq", "female")
_PATHS, _SHARDS = 2, 4  # paths that a query here may have to compare, and partitions of a registry of this size
_MAX_COUNTED = _PATHS * _SHARDS * MAX_COUNTED
_GROUPS = {"reg_record_type": "Group"}

MINISTRY_QUERIES: dict[str, Criteria] = {
    "children under five in a district": predicate(_UNDER_FIVE, _DISTRICT),
    "children under five in a region": predicate(_UNDER_FIVE, _REGION),
    "minors who work": predicate(
        ("age", "ge", 15), ("age", "lt", 18), ("employment_status", "in", ["employed", "self_employed"])
    ),
    "disabled children": predicate(_CHILD, ("is_disabled", "eq", True)),
    "disabled people of a district": predicate(("is_disabled", "eq", True), _DISTRICT),
    "elderly who live alone": predicate(_ELDERLY, ("group_size", "eq", 1)),
    "widows of sixty and over": predicate(("age", "ge", 60), _WOMAN, ("marital_status", "eq", "W")),
    "unemployed young adults of a district": predicate(
        ("age", "ge", 18), ("age", "lt", 30), ("employment_status", "eq", "unemployed"), _DISTRICT
    ),
    "farmers of a district": predicate(("occupation", "eq", "farmer"), _DISTRICT),
    "people of a region with a low income": predicate(("income", "lt", 500), _REGION),
    "people registered last year": predicate(
        ("registration_date", "ge", "2025-01-01"), ("registration_date", "lt", "2026-01-01")
    ),
    "people in poor households": predicate(_POOR, ("group_type", "eq", "household")),
    "poor households of a district": predicate(_POOR, _DISTRICT, **_GROUPS),
    "poor households of a region": predicate(_POOR, _REGION, **_GROUPS),
    "large households": predicate(("group_size", "ge", 8), **_GROUPS),
    "households headed by a woman": predicate(_WOMAN, ("membership_kind", "eq", "head"), **_GROUPS),
}


def synchronous_sizes(figures: dict[int, dict[str, Any]]) -> Iterator[tuple[str, int, int]]:
    """Yield each query, what it reads in the largest registry, and up to how many people it is answered at once.

    What a query reads is a constant and a part for each person: two sizes give both. One size gives an estimate. What
    is counted before, to compare paths, has a bound that these registries do not reach.
    """
    (*others, large) = sorted(figures)
    small = min(others, default=0)
    for name in MINISTRY_QUERIES:
        found = figures[large]["queries"][name]
        most = Settings().max_examined - (_MAX_COUNTED if found["counted"] else 0)
        fewer = figures[small]["queries"][name]["read"] if small else 0
        of_each = (found["read"] - fewer) / (large - small)
        yield name, found["read"], int(large + (most - found["read"]) / of_each) if of_each > 0 else 0
