"""POST /registry/sync/search: the order of results, and cursors through it."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Person
from support.api import Api, item
from support.example_counts import sampled
from support.registries import registry_of
from support.tiny_registry import expressed, letters

PAGINATION = "rjct.pagination.invalid"
EVERYBODY, EVERY_GROUP = {"UIN": {"$ne": "x"}}, {"HOUSEHOLD_ID": {"$ne": "x"}}
_LETTERS = string.ascii_letters + string.digits + "-_"
Sort = list[dict[str, str]]


def by(*names: str) -> Sort:
    """Build a sort; `-` before a name is descending."""
    return [{"attribute_name": name.lstrip("-"), "sort_order": "desc" if name[0] == "-" else "asc"} for name in names]


def asked(query: dict[str, Any], **criteria: Any) -> dict[str, Any]:
    """Build an expression item."""
    return item(expressed(query), "expression", **criteria)


def walk(api: Api, query: dict[str, Any], size: int, **criteria: Any) -> Iterator[dict[str, Any]]:
    """Follow the cursors from the first page to the last."""
    pagination: dict[str, Any] = {"page_size": size}
    while True:
        (response,) = api.search(asked(query, pagination=pagination, **criteria)).items
        yield response
        if "next_cursor" not in response["pagination"]:
            return
        pagination["cursor"] = response["pagination"]["next_cursor"]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("sort", "found"),
    [
        (by("UIN"), "abcdn"),
        (by("-UIN"), "ndcba"),
        (by("surname"), "acdbn"),
        (by("-surname"), "bdcan"),
        (by("birth_date"), "cbdan"),
        (by("-birth_date"), "adbcn"),
        (by("age"), "adbcn"),
        (by("-age"), "cbdan"),
        (by("YOB"), "cbdan"),
        (by("income"), "bacdn"),
        (by("sex", "birth_date"), "cbdan"),
        (by("sex", "-birth_date"), "bcadn"),
        (by("-sex", "birth_date"), "dacbn"),
        (by("sex", "income", "-surname"), "bcadn"),
        (by("poverty_score"), "abcdn"),  # the least of the households'
        (by("-poverty_score"), "cband"),  # equal ones by id, in the first key's direction
        (by("membership_kind", "UIN"), "acbdn"),
        ([{"attribute_name": "UIN"}], "abcdn"),
        ([{"attribute_name": "UIN", "sort_order": "DESC"}], "ndcba"),
        ([], "abcdn"),
        ("", "abcdn"),
    ],
    ids=repr,
)
def test_people_are_sorted_by_any_keys(tiny_api: Api, sort: object, found: str) -> None:
    """Sorts by one key or several, in either direction; missing values come last, and ties are sorted by id."""
    assert letters(tiny_api.search(asked(EVERYBODY, sort=sort)).records) == found
    walked = [response["data"]["reg_records"] for response in walk(tiny_api, EVERYBODY, 2, sort=sort)]
    assert [letters(records) for records in walked] == [found[:2], found[2:4], found[4:]]


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        (by("poverty_score"), "123"),
        (by("-poverty_score"), "213"),
        (by("name"), "123"),
        (by("group_size"), "312"),
        (by("-HOUSEHOLD_ID"), "321"),
        (by("birth_date"), "213"),  # the oldest member's, unless they are restricted
        (by("-group_size", "-poverty_score"), "213"),
    ],
    ids=repr,
)
def test_groups_are_sorted_by_own_or_members_values(tiny_api: Api, sort: Sort, found: str) -> None:
    """Groups are sorted by their own values or by the least value of their members."""
    reply = tiny_api.search(asked(EVERY_GROUP, sort=sort, reg_record_type="Group"))
    assert letters(reply.records) == found


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("query", "sort", "found"),
    [
        ({"birth_date": {"$gte": "1990-01-01"}}, by("birth_date"), "bda"),  # the order of the index itself
        ({"birth_date": {"$gte": "1990-01-01"}}, by("-birth_date"), "adb"),
        ({"birth_date": {"$gte": "1990-01-01"}}, by("surname"), "adb"),
        ({"$or": [{"UIN": "c"}, {"birth_date": {"$gte": "1990-01-01"}}]}, by("-birth_date"), "adbc"),
        ({"$or": [{"surname": "o*"}, {"birth_date": {"$gte": "1990-01-01"}}]}, by("-birth_date"), "adb"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_range_is_paged_in_any_order(
    tiny_api: Api, query: dict[str, Any], sort: Sort, found: str, size: int
) -> None:
    """What an index yields in its own order, and what must be sorted, are walked alike, and always counted whole."""
    walked = [*walk(tiny_api, query, size, sort=sort)]
    assert "".join(letters(response["data"]["reg_records"]) for response in walked) == found
    assert {response["pagination"]["total_count"] for response in walked} == {len(found)}
    assert len(walked) == -(-len(found) // size)


def test_a_sort_by_a_hidden_attribute_is_rejected(tiny_api: Api) -> None:
    """A sort by a hidden attribute is rejected, as the order would disclose it."""
    token = tiny_api.token_of(disclosure=("minimal", "poverty_score"))
    for name in ("income", "poverty_score", "membership_kind"):
        (response,) = tiny_api.search(asked(EVERYBODY, sort=by(name)), token=token).items
        assert response["status_reason_code"] == "rjct.filter.invalid"
        assert "disclosed" in response["status_reason_message"]


def test_a_sort_by_an_unknown_attribute_is_rejected(tiny_api: Api) -> None:
    """An unknown attribute is the sort's fault."""
    (response,) = tiny_api.search(asked(EVERYBODY, sort=by("shoe_size"))).items
    assert response["status_reason_code"] == "rjct.sort.invalid"


@pytest.fixture(scope="module")
def cursor(tiny_api: Api) -> str:
    """Return the shared partner's cursor to everybody's second page, by surname."""
    first = next(walk(tiny_api, EVERYBODY, 2, sort=by("surname")))
    return str(first["pagination"]["next_cursor"])


def follow(api: Api, cursor: str, token: str = "", **criteria: Any) -> dict[str, Any]:
    """Ask for the page that a cursor begins."""
    pagination = {"page_size": 2, "cursor": cursor}
    fields = {"sort": by("surname"), "pagination": pagination, **criteria}
    (response,) = api.search(asked(EVERYBODY, **fields), token=token).items
    return response


def test_a_cursor_may_be_followed_again(tiny_api: Api, cursor: str) -> None:
    """As often as wanted, and in pages of another size."""
    for size, found in ((2, "db"), (2, "db"), (1, "d"), (10, "dbn")):
        response = follow(tiny_api, cursor, pagination={"page_size": size, "cursor": cursor})
        assert letters(response["data"]["reg_records"]) == found


def test_an_altered_cursor_is_rejected(tiny_api: Api, cursor: str) -> None:
    """Changed, cut, lengthened or made up, it is rejected, and never page one."""
    changed = cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:]
    for bad in (changed, cursor[:-4], cursor + "AAAA", cursor[::-1], "AAAA", "x", "é", cursor + cursor, "A" * 5000):
        assert follow(tiny_api, bad)["status_reason_code"] == PAGINATION


@pytest.mark.exhaustive
def test_a_respelled_cursor_is_rejected(tiny_api: Api, cursor: str) -> None:
    """Every byte counts, also one that says nothing in base64."""
    for place, letter in enumerate(cursor):
        for other in {chr(ord(letter) ^ 1), "A" if letter != "A" else "B"}:
            bad = cursor[:place] + other + cursor[place + 1 :]
            assert follow(tiny_api, bad)["status_reason_code"] == PAGINATION, bad
    for end in ("=", "==", "===", "\n", " ", "%3D"):
        assert follow(tiny_api, cursor + end)["status_reason_code"] == PAGINATION
    assert follow(tiny_api, " " + cursor)["status_reason_code"] == PAGINATION


@pytest.mark.exhaustive
@pytest.mark.parametrize("key", sampled(["UIN", "surname", "birth_date"]))
def test_unused_bits_of_a_cursor_are_checked(tiny_api: Api, key: str) -> None:
    """A letter that differs in bits that base64 does not use is another letter."""
    cursor = next(walk(tiny_api, EVERYBODY, 2, sort=by(key)))["pagination"]["next_cursor"]
    for letter in set(_LETTERS) - {cursor[-1]}:
        response = follow(tiny_api, cursor[:-1] + letter, sort=by(key))
        assert response["status_reason_code"] == PAGINATION


def test_a_cursor_of_another_client_is_rejected(tiny_api: Api, cursor: str) -> None:
    """A cursor serves the client that it was made for, though another may ask the same."""
    response = follow(tiny_api, cursor, token=tiny_api.token_of())
    assert response["status_reason_code"] == PAGINATION


def test_a_cursor_of_another_query_is_rejected(tiny_api: Api, cursor: str) -> None:
    """A cursor of another query, sort, record type or dialect is rejected."""
    assert follow(tiny_api, cursor, sort=by("-surname"))["status_reason_code"] == PAGINATION
    assert follow(tiny_api, cursor, sort=[])["status_reason_code"] == PAGINATION
    assert follow(tiny_api, cursor, reg_record_type="Group")["status_reason_code"] == PAGINATION
    assert follow(tiny_api, cursor, reg_record_type="Member")["status_reason_code"] == PAGINATION
    assert follow(tiny_api, cursor, reg_type="SPP:RegistryType:Individual")["status_reason_code"] == PAGINATION
    other = asked({"UIN": {"$ne": "y"}}, sort=by("surname"), pagination={"page_size": 2, "cursor": cursor})
    assert tiny_api.search(other).items[0]["status_reason_code"] == PAGINATION


def test_a_cursor_beside_a_page_number_is_rejected(tiny_api: Api, cursor: str) -> None:
    """One or the other; page number 1 says nothing."""
    for number, code in ((1, None), (2, PAGINATION)):
        pagination = {"page_size": 2, "page_number": number, "cursor": cursor}
        assert follow(tiny_api, cursor, pagination=pagination).get("status_reason_code") == code


def test_an_empty_cursor_is_ignored(tiny_api: Api) -> None:
    """An empty cursor is ignored, as every empty optional member is."""
    assert letters(follow(tiny_api, "")["data"]["reg_records"]) == "ac"


def test_a_cursor_of_long_values_opens(new_api: Callable[..., Api]) -> None:
    """However long the values that a page is sorted by, and in whatever script, its cursor leads on."""
    long = dict.fromkeys(("surname", "given_name", "second_name"), "Константинопольский " * 7)
    fields = {"name": long, "birth_place": long["surname"], "occupation": long["surname"]}
    people = [Person.model_validate({"id": f"p{number}", **fields}) for number in range(3)]
    sort = by("surname", "given_name", "second_name", "birth_place", "occupation")
    with registry_of(Population(people)) as table:
        pages = [*walk(new_api(registry_table=table), EVERYBODY, 1, sort=sort)]
    assert [page["status"] for page in pages] == ["succ"] * 3
