"""POST /registry/sync/search: how much one message may read and how much it is answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from dci_cli.local.demo import KNOWN_UIN, Population
from dci_common.registry.model.records import Name, Person
from support.api import Api, Reply, identified, item, predicate
from support.call_trace import aws_calls
from support.registries import registry_of

TOO_MANY = "rjct.search.too_many_records_found"
LAMBDA_LIMIT = 6 * 1024 * 1024
FIRST_DAY = date(1990, 1, 1)


@pytest.fixture(scope="module")
def crowded(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over 2,001 people, one born on each day from 1990 on."""
    people = [Person(id=f"p{day:04}", birth_date=FIRST_DAY + timedelta(days=day)) for day in range(2001)]
    with registry_of(Population(people)) as table:
        yield new_api(registry_table=table)


@pytest.fixture(scope="module")
def wordy(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over 100 people whose names are as long as can be, and full of what JSON must escape."""
    parts = dict.fromkeys(Name.model_fields, '"\\' * 250)
    people = [Person(id=f"p{number}", birth_date=FIRST_DAY, name=Name(**parts)) for number in range(100)]
    with registry_of(Population(people)) as table:
        yield new_api(registry_table=table)


def outcomes(reply: Reply) -> list[str]:
    """Return each item's reason code, or its status where it has none."""
    return [response.get("status_reason_code", response["status"]) for response in reply.items]


def born_from(day: date, **criteria: Any) -> dict[str, Any]:
    """Ask for all people born on a day or later."""
    return predicate(("birthdate", "ge", str(day)), **criteria)


@pytest.mark.exhaustive
def test_all_at_once_up_to_two_thousand(crowded: Api) -> None:
    """Without pagination 2,000 records are sent; one more is too many, and pages are offered instead."""
    reply = crowded.search(born_from(FIRST_DAY + timedelta(days=1)), born_from(FIRST_DAY, reference_id="r-2"))
    assert outcomes(reply) == ["succ", TOO_MANY]
    assert reply.items[0]["pagination"] == {"page_size": 2000, "page_number": 1, "total_count": 2000}
    assert len({record["birth_date"] for record in reply.records}) == 2000
    assert "2001" in reply.items[1]["status_reason_message"]
    assert "2000" in reply.items[1]["status_reason_message"]


def test_what_a_message_may_read_is_bounded(new_api: Callable[..., Api]) -> None:
    """Beyond MAX_EXAMINED the answer is the standard's own, for this item and the rest of its message."""
    api = new_api(max_examined=100)
    everybody = ("birthdate", "gt", "1900-01-01")
    items = [
        identified("UIN", KNOWN_UIN, reference_id="before"),
        predicate(everybody, reference_id="broad"),
        identified("UIN", KNOWN_UIN, reference_id="after"),
    ]
    reply = api.search(*items)
    assert outcomes(reply) == ["succ", TOO_MANY, TOO_MANY]
    assert "narrower" in reply.items[1]["status_reason_message"]
    assert outcomes(api.search(items[0])) == ["succ"]  # each message has its own bound
    assert outcomes(api.search(predicate(everybody, pagination={"page_size": 1}))) == [TOO_MANY]


@pytest.mark.parametrize("attribute", ["MOBILE", "EMAIL", "UIN", "HOUSEHOLD_ID"])
def test_looking_for_what_is_not_there_is_bounded_too(new_api: Callable[..., Api], attribute: str) -> None:
    """Lookups that find nothing count too: a message may have a limited number of them."""
    api = new_api(max_examined=99)
    nobody = [f"+{number}" for number in range(100)]
    assert outcomes(api.search(predicate((attribute, "in", nobody)))) == [TOO_MANY]
    assert outcomes(api.search(predicate((attribute, "in", nobody[:2])))) == ["succ"]


def any_of(*conditions: dict[str, Any], **criteria: Any) -> dict[str, Any]:
    """Ask for all records that satisfy one of the conditions."""
    query = {"type": "expression", "value": {"expression": {"query": {"$or": [*conditions]}}}}
    return item(query, "expression", **criteria)


def values(number: int) -> list[str]:
    """Return 100 values that no other number has."""
    return [f"n{number:02}x{place:02}" for place in range(100)]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "conditions",
    [
        [{"surname": {"$in": values(number)}} for number in range(100)],
        [{"surname": {"$in": values(number)}, "age": {"$gte": 1}} for number in range(50)],
        [{"surname": {"$in": values(number)}} for number in range(50)]
        + [{"given_name": {"$in": values(number)}} for number in range(50)],
        [{"MOBILE": {"$in": [f"+{value[1:3]}{value[4:]}" for value in values(number)]}} for number in range(100)],
    ],
    ids=("one index", "one index and a filter", "two indexes", "lookups"),
)
def test_too_many_values_are_rejected_before_anything_is_read(
    new_api: Callable[..., Api], conditions: list[dict[str, Any]]
) -> None:
    """What costs too much even when it finds nothing is not begun, and takes nothing from the other items."""
    api = new_api(max_examined=60)
    assert api.partner_token
    small = any_of({"surname": {"$in": ["nobody", "no one"]}}, reference_id="small")
    with aws_calls(api.runtime) as calls:
        reply = api.search(any_of(*conditions, reference_id="large"), small)
    assert outcomes(reply) == [TOO_MANY, "succ"]
    assert "fewer values" in reply.items[0]["status_reason_message"]
    assert (
        sum(call.startswith("Query") for call in calls) == 2 * 3
    )  # two values in two shards and the partition beside them


@pytest.mark.exhaustive
def test_a_response_fits_into_lambdas_limit(wordy: Api) -> None:
    """Items are answered until the response is full; the others are rejected, and small ones still fit."""
    items = [born_from(FIRST_DAY, reference_id=f"r-{number}") for number in range(8)]
    reply = wordy.search(*items, identified("UIN", "TEST-001", reference_id="small"))
    found = outcomes(reply)
    assert found[0] == found[-1] == "succ"
    assert found[-2] == TOO_MANY
    assert "smaller pages" in reply.items[-2]["status_reason_message"]
    assert 3 * 1024 * 1024 < sent_by_lambda(reply) < LAMBDA_LIMIT


@pytest.mark.exhaustive
def test_ids_cannot_burst_the_response(wordy: Api) -> None:
    """The longest of ids, which cost seven times their length, fit beside as many records as there is room for."""
    long = "\x01" * 490
    reg_type = f"{long}:RegistryType:Social"
    full = [
        born_from(FIRST_DAY, reference_id=f"r-{number}", pagination={"page_size": size})
        for number, size in enumerate((100, 100, 100, 100, 64, 32, 16, 8, 4, 2))
    ]
    small = [identified("UIN", "x", reference_id=f"{long}{number}", reg_type=reg_type) for number in range(90)]
    reply = wordy.search(*full, *small, message_id="\x01" * 512, receiver_id="\x01" * 512)
    assert outcomes(reply)[-90:] == ["succ"] * 90
    assert TOO_MANY in outcomes(reply)
    assert LAMBDA_LIMIT * 0.95 < sent_by_lambda(reply) < LAMBDA_LIMIT


def sent_by_lambda(reply: Reply) -> int:
    """Return the bytes of a response as Lambda counts them: with the body as a JSON string in it."""
    answer = {"statusCode": reply.status, "headers": reply.headers, "body": reply.text, "isBase64Encoded": False}
    return len(json.dumps(answer, ensure_ascii=False).encode())
