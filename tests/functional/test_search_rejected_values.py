"""POST /registry/sync/search: attributes, operators, values, sort and pages that reject an item."""

from __future__ import annotations

from typing import Any

import pytest

from dci_cli.local.demo import KNOWN_UIN
from dci_common.registry.query.conditions import MAX_VALUES
from support.api import Api, identified, predicate
from support.rejected_items import FILTER, MARK, is_rejected


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (("shoe_size", "eq", "43"), "UIN"),  # the reason names what can be asked
        ((7, "eq", "43"), "attribute"),
        (("  ", "eq", "43"), "attribute"),
        (("birthdate", "ne", "1990-01-31"), "eq, in, lt"),
        (("birthdate", "like", "1990%"), "eq, in, lt"),
        (("birthdate", 10**200, "1990-01-31"), "eq, in, lt"),
        (("UIN", "gt", "1"), "eq, in"),
        (("MOBILE", "lt", "+999"), "eq, in"),
        (("UIN", "eq", [KNOWN_UIN]), "a string, a number or a boolean"),
        (("UIN", "eq", {"$eq": KNOWN_UIN}), "a string, a number or a boolean"),
        (("UIN", "eq", " "), "empty"),
        (("UIN", "eq", 10**512), "512 bytes"),
        (("UIN", "eq", -(10**1500)), "512 bytes"),
        (("income", "eq", 10**18), "at most 18 digits"),
        (("income", "lt", 1e100), "2 in an exponent"),
        (("age", "eq", 10**30), "0 to 200"),
        (("YOB", "eq", 10**30), "1 to 9999"),
        (("UIN", "eq", "9" * 513), "512"),
        (("UIN", "eq", "é" * 257), "512"),
        (("UIN", "in", []), "100"),
        (("UIN", "in", ["1"] * (MAX_VALUES + 1)), "100"),
        (("UIN", "in", ",".join("1" * (MAX_VALUES + 1))), "100"),
        (("UIN", "in", ["1", None]), "string"),
        (("UIN", "in", "1,,2"), "empty"),
        (("UIN", "in", ["1", ""]), "empty"),
        *(
            (("birthdate", "eq", value), "1990-01-31")
            for value in (
                "0000",
                "31/01/1990",
                "1990-02-30",
                "1990-1-31",
                "1990-13",
                "19900131",
                "tomorrow",
                90,
                True,
                1e9,
            )
        ),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_an_invalid_attribute_operator_or_value_is_rejected(
    shared_api: Api, expression: tuple[Any, Any, object], why: str
) -> None:
    """An unknown attribute or operator, or a value of a wrong type, rejects the item and says what is possible."""
    assert why in is_rejected(shared_api.search(predicate(expression)), FILTER)


@pytest.mark.parametrize("record_type", ["Group", "Household"])
def test_an_attribute_of_another_record_type_is_rejected(shared_api: Api, record_type: str) -> None:
    """A household has no shoe size, and the reason names what can be asked of it and of its members."""
    message = is_rejected(
        shared_api.search(predicate(("shoe_size", "lt", "43"), reg_record_type=record_type)), FILTER
    )
    assert "HOUSEHOLD_ID" in message
    assert "birth_date" in message


@pytest.mark.parametrize(
    "sort",
    [
        MARK,
        7,
        {"by": MARK},
        [[]],
        [{"attribute_name": MARK}],
        [{"attribute_name": "", "sort_order": "asc"}],
        [{"sort_order": "asc"}],
        [{"attribute_name": "UIN", "sort_order": "up"}],
        [{"attribute_name": "UIN", "sort_order": 1}],
        [{"attribute_name": "UIN", "nulls": MARK}],
        [{"attribute_name": "UIN"}] * 6,
    ],
    ids=repr,
)
def test_an_invalid_sort_is_rejected(shared_api: Api, sort: object) -> None:
    """A wish for an order that would not be granted is rejected, not overlooked."""
    is_rejected(shared_api.search(identified("UIN", KNOWN_UIN, sort=sort)), "rjct.sort.invalid")


@pytest.mark.parametrize(
    ("pagination", "why"),
    [
        ({"page_size": 2001}, "2000"),
        ({"page_size": 10**30}, "2000"),
        ({"page_size": 2000, "page_number": 6}, "10000"),
        ({"page_size": 101, "page_number": 100}, "10000"),
        ({"page_size": 10, "cursor": MARK}, "next_cursor"),
        ({"page_size": 10, "cursor": MARK * 1000}, "next_cursor"),
        ({"page_size": 10, "cursor": MARK, "page_number": 2}, "page_number"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("beside", [False, True], ids=["in the criteria", "beside them"])
def test_an_invalid_page_is_rejected(shared_api: Api, pagination: object, why: str, *, beside: bool) -> None:
    """Pages over 2,000, beyond the 10,000th match, or by an invalid cursor are rejected, even beside a valid item."""
    asked = identified("UIN", KNOWN_UIN)
    here, there = (asked, asked["search_criteria"]) if beside else (asked["search_criteria"], asked)
    here["pagination"] = pagination
    assert why in is_rejected(shared_api.search(asked), "rjct.pagination.invalid")
    there["pagination"] = {"page_size": 10}
    assert why in is_rejected(shared_api.search(asked), "rjct.pagination.invalid")


def test_an_invalid_item_does_not_affect_the_others(shared_api: Api) -> None:
    """The others are served, each in its place."""
    items = [
        identified("UIN", KNOWN_UIN, reference_id="first"),
        predicate(("shoe_size", "eq", "43"), reference_id="bad"),
        identified("UIN", "TEST-001", reference_id="none"),
        identified("UIN", KNOWN_UIN, reference_id="last"),
    ]
    reply = shared_api.search(*items)
    assert [(response["reference_id"], response["status"]) for response in reply.items] == [
        ("first", "succ"),
        ("bad", "rjct"),
        ("none", "succ"),
        ("last", "succ"),
    ]
    assert reply.json["header"]["total_count"] == reply.json["header"]["completed_count"] == 4


def test_a_repeated_reference_id_is_rejected(shared_api: Api) -> None:
    """The first item with an id is served, each other one with the same id is not."""
    items = [identified("UIN", KNOWN_UIN, reference_id=reference_id) for reference_id in ("a", "b", "a", "a")]
    codes = [response.get("status_reason_code") for response in shared_api.search(*items).items]
    assert codes == [None, None, "rjct.reference_id.duplicate", "rjct.reference_id.duplicate"]


@pytest.mark.exhaustive
def test_a_hundred_items_are_served_and_no_more(shared_api: Api) -> None:
    """With more than 100 items the whole message is rejected, in its header."""
    items = [identified("UIN", KNOWN_UIN, reference_id=f"r-{number}") for number in range(101)]
    served = shared_api.search(*items[:100])
    assert {response["status"] for response in served.items} == {"succ"}
    refused = shared_api.search(*items)
    header = refused.json["header"]
    assert (refused.status, header["status"]) == (200, "rjct")
    assert header["status_reason_code"] == "rjct.total_count.limit_exceeded"
    assert "100" in header["status_reason_message"]
    assert (header["total_count"], header["completed_count"], refused.items) == (101, 0, [])
