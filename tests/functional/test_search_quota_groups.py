"""POST /registry/sync/search: the people whom groups show as their members count as records of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support import stored_items
from support.api import Api, predicate
from support.call_trace import aws_calls, hooked
from support.registries import registry_of
from support.tiny_registry import tiny_population

# Two groups show two members each, of whom one is in both; a restricted member and one who left are not shown.
GROUPS = predicate(("group_size", "ge", 0), reg_record_type="Group", pagination={"page_size": 3})
GROUPS_AND_MEMBERS = 3 + 3


@pytest.fixture
def limited(new_api: Callable[..., Api]) -> Iterator[Callable[..., Api]]:
    """Return a maker of APIs over the tiny registry, with limits."""
    with registry_of(tiny_population()) as table:
        yield lambda **limits: new_api(registry_table=table, **limits)


def used(api: Api) -> int:
    """Return the records of the day that the API's partner has used."""
    key = {"pk": {"S": f"RATE#{api.partner_id}"}, "sk": {"S": "DAY#2026-03-01"}}
    table = api.runtime.settings.exchange_table
    return int(api.runtime.dynamodb.get_item(TableName=table, Key=key)["Item"]["records"]["N"])


def disclosures(api: Api) -> list[dict[str, Any]]:
    """Return the audit items of the API's partner."""
    return stored_items.disclosures(api.partner_id)


def test_groups_and_the_members_they_show_are_counted(limited: Callable[..., Api]) -> None:
    """A group counts as one, and so does each person whom the groups show."""
    api = limited(records_a_day=GROUPS_AND_MEMBERS)
    assert sum(len(group["member_list"]) for group in api.search(GROUPS).records) == 4
    assert used(api) == GROUPS_AND_MEMBERS


def test_members_beyond_the_day_are_withheld(limited: Callable[..., Api]) -> None:
    """Groups whose members exceed the day are rejected without their number, and recorded as withheld."""
    api = limited(records_a_day=GROUPS_AND_MEMBERS - 1)
    reply = api.search(GROUPS)
    assert (reply.status, reply.code) == (429, "err.request.too_many_requests")
    (found,) = disclosures(api)
    assert (found["withheld"], "records" in found) == ({"BOOL": True}, False)
    assert str(GROUPS_AND_MEMBERS) not in reply.json["errors"][0]["message"]


def test_a_rejection_that_reveals_members_counts(limited: Callable[..., Api]) -> None:
    """Asking whether anything is found, by searches whose members exceed the day, uses the day up too."""
    api = limited(records_a_day=4)
    assert [api.search(GROUPS).status for _ in range(3)] == [429] * 3
    assert used(api) == len(disclosures(api)) == 2


def test_members_that_are_not_shown_are_not_counted(limited: Callable[..., Api]) -> None:
    """To a client that may not see households, a group is one record."""
    api = limited(records_a_day=3)
    token = api.token_of(disclosure=("identifier", "poverty_score"))
    scored = predicate(("poverty_score", "ge", 0), reg_record_type="Group", pagination={"page_size": 3})
    assert len(api.search(scored, token=token).records) == 2


def test_members_that_cannot_be_counted_are_not_shown(limited: Callable[..., Api]) -> None:
    """When the members cannot be counted, the answer is 503 and everything is marked as withheld."""
    api = limited()
    assert api.partner_token

    def fail(operation: str, parameters: Any) -> None:
        if operation == "UpdateItem" and "of_minute" not in str(parameters):
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    with hooked(api.runtime, fail):
        reply = api.search(GROUPS)
    assert (reply.status, reply.code) == (503, "err.service.unavailable")
    assert all(found["withheld"]["BOOL"] for found in disclosures(api))


def test_members_take_one_more_write(limited: Callable[..., Api]) -> None:
    """Members are added by one write, in place of the one that releases what is not used."""
    api = limited()
    api.search(GROUPS)
    with aws_calls(api.runtime) as calls:
        api.search(GROUPS)
    assert sum(call.startswith("UpdateItem") for call in calls) == 2
