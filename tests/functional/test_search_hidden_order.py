"""POST /registry/sync/search: the order of results discloses no value that the client may not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Name, Person
from support.api import Api, predicate
from support.example_counts import sampled
from support.registries import registry_of

NORTH = ("district", "eq", "north")
BORN = {"a": "1990-01-01", "b": "1950-01-01", "c": "2001-05-05", "d": "1970-02-02"}


@pytest.fixture(scope="module")
def north(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over the people and groups of a district, whose scores are in the order of the birth dates."""
    home = [{"sub_region_code": "north"}]
    people = [
        Person.model_validate({"id": id_, "name": Name(surname=id_), "birth_date": born, "addresses": home})
        for id_, born in BORN.items()
    ]
    groups = [
        Group.model_validate({"id": f"g{id_}", "name": id_, "poverty_score": int(born[:4]), "addresses": home})
        for id_, born in BORN.items()
    ]
    with registry_of(Population(people, groups)) as table:
        yield new_api(registry_table=table)


def found(api: Api, record_type: str, disclosure: tuple[str, ...]) -> str:
    """Follow the cursors through the district, and return the names in the order of the results."""
    token, names = api.token_of(disclosure=("name", "address", "household", *disclosure)), ""
    pagination: dict[str, Any] = {"page_size": 1}
    while True:
        asked = predicate(NORTH, reg_record_type=record_type, pagination=pagination)
        (answered,) = api.search(asked, token=token).items
        (record,) = answered["data"]["reg_records"]
        names += str(record["name"] if record_type == "Group" else record["name"]["surname"])
        if "next_cursor" not in answered["pagination"]:
            return names
        pagination = {"page_size": 1, "cursor": answered["pagination"]["next_cursor"]}


@pytest.mark.parametrize(
    ("record_type", "hidden"), sampled([("SRPerson", "birth_date"), ("Group", "poverty_score")], 1)
)
def test_the_order_of_an_index_is_kept_from_who_may_not_see_it(north: Api, record_type: str, hidden: str) -> None:
    """The people or groups of a district come in the order of a date or a score only if the client may see it."""
    assert found(north, record_type, (hidden,)) == "bdac"
    assert found(north, record_type, ()) == "abcd"
