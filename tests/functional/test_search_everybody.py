"""POST /registry/sync/search: OpenSPP 17's own client asks for everybody with an empty query, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from dci_cli.local.demo import Population
from support.api import Api, Reply, item, predicate
from support.events import body_of, event
from support.example_counts import sampled

REG_TYPE = "SPP:RegistryType:Individual"
EMPTY = item([], "predicate", reg_type=REG_TYPE)
EMPTY_OTHERWISE: list[object] = [None, "", {}, [{}], [[]]]
FLAGS = {"openspp17": True}


def ask(api: Api, asked: dict[str, Any], url: str = "", **client: Any) -> Reply:
    """Send an item as a client, marked openspp17 unless `client` says otherwise, to a URL with this query string."""
    message = body_of("search")
    message["message"]["search_request"] = [asked]
    token = api.token_of(**{"flags": FLAGS, **client})
    return api.send(event("search", body=message, token=token) | {"rawQueryString": url})


def ids(population: Population) -> list[str]:
    """Return the first identifier of everybody, in the order of their ids."""
    people = sorted(population.people, key=lambda person: person.id)
    return [person.identifiers[0].identifier_value for person in people]


def found(reply: Reply) -> list[str]:
    """Return the first identifiers of the people found."""
    assert reply.items[0]["data"]["reg_record_type"] == "person"
    return [record["identifier"][0]["identifier"] for record in reply.records]


@pytest.mark.parametrize(
    "criteria", [{"reg_type": REG_TYPE}, {"reg_type": ""}, {"reg_record_type": "person"}], ids=repr
)
def test_an_empty_query_means_everybody(village_api: Api, village: Population, criteria: dict[str, Any]) -> None:
    """The marked client gets all people by id, and their number."""
    reply = ask(village_api, item([], "predicate", **criteria))
    assert found(reply) == ids(village)
    total = len(village.people)
    assert reply.items[0]["pagination"] == {"page_size": 2000, "page_number": 1, "total_count": total}


def test_the_page_stands_in_the_url(village_api: Api, village: Population) -> None:
    """`page` and `limit` walk through everybody."""
    pages = [ask(village_api, EMPTY, f"page={number}&limit=7") for number in range(1, 4)]
    assert [id_ for reply in pages for id_ in found(reply)] == ids(village)[:21]
    for number, reply in enumerate(pages, 1):
        shown = reply.items[0]["pagination"]
        total = len(village.people)
        assert (shown["page_size"], shown["page_number"], shown["total_count"]) == (7, number, total)
    assert found(ask(village_api, EMPTY, "page=500&limit=30")) == []  # beyond 10,000 too: it follows no cursor


def test_the_url_pages_any_query(village_api: Api) -> None:
    """The client's other queries are paged in the same way; a page in the message comes first."""
    born = predicate(("birthdate", "gt", "1900-01-01"), reg_type=REG_TYPE)
    assert len(ask(village_api, born, "page=2&limit=3&unknown=1").records) == 3
    born["search_criteria"]["pagination"] = {"page_size": 2}
    assert len(ask(village_api, born, "page=2&limit=3").records) == 2
    assert len(ask(village_api, born | {"pagination": {"page_size": 1}}, "limit=3").records) == 2


@pytest.mark.parametrize(
    "url", sampled(["page=0&limit=10", "page=x", "limit=-1", "page=1&page=2", "limit=2001", "limit=1.5"], 2)
)
def test_a_page_that_is_none_is_rejected(village_api: Api, url: str) -> None:
    """A page that is not understood never means the first."""
    (response,) = ask(village_api, EMPTY, url).items
    assert (response["status"], response["status_reason_code"]) == ("rjct", "rjct.pagination.invalid")


def test_a_blank_page_is_an_absent_one(village_api: Api, village: Population) -> None:
    """Without values, the URL asks for no page."""
    assert found(ask(village_api, EMPTY, "page=&limit=")) == ids(village)


@pytest.mark.parametrize(
    ("asked", "client"),
    sampled(
        [
            (EMPTY, {"flags": {}}),
            (item([], "predicate", reg_type="Social"), {}),
            (item([], "expression", reg_type=REG_TYPE), {}),
            *((item(query, "predicate", reg_type=REG_TYPE), {}) for query in EMPTY_OTHERWISE),
        ],
        3,
    ),
    ids=repr,
)
def test_any_other_empty_query_is_rejected(village_api: Api, asked: dict[str, Any], client: dict[str, Any]) -> None:
    """From another client, in another dialect or of another type, an empty query means nothing at all."""
    (response,) = ask(village_api, asked, **client).items
    assert (response["status"], response["status_reason_code"]) == ("rjct", "rjct.search_criteria.invalid")


def test_the_url_is_of_no_account_for_others(village_api: Api) -> None:
    """For a client without the mark, the query string has no meaning, as before."""
    born = predicate(("birthdate", "gt", "1900-01-01"), reg_type=REG_TYPE)
    whole = len(ask(village_api, born).records)
    assert len(ask(village_api, born, "page=2&limit=3", flags={}).records) == whole


def test_everybody_does_not_include_restricted_people(tiny_api: Api) -> None:
    """Restricted people are not in the records and not in the total, unless the client is entitled."""
    assert ask(tiny_api, EMPTY).items[0]["pagination"]["total_count"] == 5
    entitled = ask(tiny_api, EMPTY, flags={"openspp17": True, "restricted": True})
    assert entitled.items[0]["pagination"]["total_count"] == 6


def test_everybody_is_within_the_clients_record_types(village_api: Api) -> None:
    """A client that may search groups alone gets nobody."""
    (response,) = ask(village_api, EMPTY, record_types=["Group"]).items
    assert response["status_reason_code"] == "rjct.search_criteria.invalid"
