"""POST /registry/sync/search on a DynamoDB that gives little at a time, and on an index that lags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, cast

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Identifier, Person
from dci_common.registry.storage import keys
from support.api import Api, identified, predicate
from support.example_counts import sampled
from support.registries import registry_of
from support.retry_pauses import NO_PAUSES

pytestmark = pytest.mark.usefixtures("over_the_wire")


class Reluctant:
    """A DynamoDB whose queries read a few entries a page, and whose batches process a few keys."""

    def __init__(self, dynamodb: Any, at_once: int) -> None:
        self._dynamodb = dynamodb
        self._at_once = at_once
        self.cut_short = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def query(self, **request: Any) -> Any:
        """Answer one short page; its filter may leave nothing of it."""
        answer = self._dynamodb.query(**request | {"Limit": min(request.get("Limit", self._at_once), self._at_once)})
        self.cut_short += "LastEvaluatedKey" in answer
        return answer

    def batch_get_item(self, RequestItems: dict[str, Any], **_: Any) -> Any:  # noqa: N803 - DynamoDB's own name
        """Process the first keys of a batch."""
        ((table, wanted),) = RequestItems.items()
        now, later = wanted["Keys"][: self._at_once], wanted["Keys"][self._at_once :]
        answer = self._dynamodb.batch_get_item(RequestItems={table: wanted | {"Keys": now}})
        return answer | {"UnprocessedKeys": {table: wanted | {"Keys": later}} if later else {}}


@pytest.fixture
def reluctant(village_table: str, new_api: Callable[..., Api]) -> Api:
    """Return an API over the small registry, on such a DynamoDB."""
    api = new_api(registry_table=village_table)
    assert api.partner_token
    api.runtime.dynamodb = cast("Any", Reluctant(api.runtime.dynamodb, 7))
    api.runtime.retry = NO_PAUSES
    return api


EVERYBODY = ("birthdate", "ge", "1900-01-01")
GROWN_UP = ("birthdate", "lt", "2000-01-01")


@pytest.mark.exhaustive
@pytest.mark.parametrize("page", sampled([(None,), ((10, 1),), ((9, 5),)]))
def test_a_page_of_records_takes_as_many_reads_as_it_takes(
    reluctant: Api, village_api: Api, village: Population, page: tuple[int, int] | None
) -> None:
    """Ranges, filters in DynamoDB and in Python, lookups and their mixtures are whole, in order and counted."""
    uins = [person.identifiers[0].identifier_value for person in village.people]
    household = village.groups[0].identifiers[0].identifier_value
    items = [
        predicate(EVERYBODY),
        predicate(GROWN_UP),
        predicate(EVERYBODY, GROWN_UP, condition="not"),
        predicate(EVERYBODY, ("UIN", "in", uins[::2]), condition="not"),
        predicate(EVERYBODY, *[("UIN", "in", uins[:-2])] * 50, condition="not"),
        predicate(GROWN_UP, ("UIN", "in", uins[::3]), condition="or"),
        predicate(("UIN", "in", uins), GROWN_UP, condition="not"),
        identified("HOUSEHOLD_ID", household, response_entity="Member"),
    ]
    for number, asked in enumerate(items):
        asked["reference_id"] = f"r-{number}"
        if page:
            asked["search_criteria"]["pagination"] = {"page_size": page[0], "page_number": page[1]}
    found, expected = reluctant.search(*items).items, village_api.search(*items).items
    for answered in (*found, *expected):
        answered["pagination"].pop("next_cursor", None)  # no two are alike
    assert found == expected
    assert cast("Any", reluctant.runtime.dynamodb).cut_short > len(items)


@pytest.fixture
def stale(new_api: Callable[..., Api]) -> Iterator[tuple[Api, str]]:
    """Return an API, and its table of ten people born on ten days."""
    people = [
        Person(id=f"p{day}", birth_date=date(1990, 1, 10 + day), identifiers=(_uin(f"U{day}"),)) for day in range(10)
    ]
    with registry_of(Population(people)) as table:
        yield new_api(registry_table=table), table


def test_a_record_changed_since_is_not_disclosed(stale: tuple[Api, str]) -> None:
    """What the index still says is checked against the record: the page is shorter, and shows no outdated value."""
    api, table = stale
    view = {"id": "p3", "birth_date": "1985-05-05"}
    api.runtime.dynamodb.update_item(
        TableName=table,
        Key=keys.record_key(Kind.PERSON, "p3"),
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": json.dumps(view)}},
    )
    reply = api.search(predicate(("birthdate", "ge", "1990-01-01"), pagination={"page_size": 5}))
    assert [record["birth_date"][-2:] for record in reply.records] == ["10", "11", "12", "14"]
    assert api.search(identified("UIN", "U3")).records == []


def test_a_deleted_record_is_not_found(stale: tuple[Api, str]) -> None:
    """An identifier that outlives its record finds nothing."""
    api, table = stale
    api.runtime.dynamodb.delete_item(TableName=table, Key=keys.record_key(Kind.PERSON, "p3"))
    (response,) = api.search(identified("UIN", "U3")).items
    assert (response["status"], response["data"]["reg_records"]) == ("succ", [])
    assert response["pagination"]["total_count"] == 0


def _uin(value: str) -> Identifier:
    return Identifier(identifier_type="UIN", identifier_value=value)
