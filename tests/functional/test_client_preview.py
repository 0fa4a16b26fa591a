"""GET /clients/preview: what a client would see of an example."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from dci_common.registries.social.disclosure import FULL, SETS
from support.api import Api, item
from support.events import event
from support.operator_provider import OpenIdProvider


def preview(api: Api, token: str, **query: str) -> Any:
    """Return a preview."""
    return api.send(event("clients_preview", token=token) | {"rawQueryString": urlencode(query)})


def test_a_preview_shows_what_searches_return(operators_api: Api, provider: OpenIdProvider) -> None:
    """An example has all members of a record that a client with the same disclosure is sent, for each set."""
    token = provider.token("approver")
    for disclosure in (*SETS, "name,sex"):
        shown = preview(operators_api, token, disclosure=disclosure).json
        records = {one["record_type"]: one["record"] for one in shown["records"]}
        partner = operators_api.token_of(disclosure=tuple(disclosure.split(",")))
        for record_type in ("SRPerson", "Member"):
            query = {"expression1": {"attribute_name": "sex", "operator": "eq", "attribute_value": "male"}}
            sought = item([query | {"seq_num": 1}], "predicate", reg_record_type=record_type)
            found = operators_api.search(sought, token=partner).records
            assert all(set(record) <= set(records[record_type]) for record in found), (disclosure, record_type)
        assert ("households" in records["SRPerson"]) == (disclosure in {"standard", "full"})
        assert ("poverty_score" in records["Group"]) == (disclosure == "full")


def test_nothing_is_disclosed_without_names(operators_api: Api, provider: OpenIdProvider) -> None:
    """Without a disclosure the example has no value of anybody, and each attribute is explained as not disclosed."""
    shown = preview(operators_api, provider.token("auditor")).json
    assert [one["record_type"] for one in shown["records"]] == ["SRPerson", "Member", "Group"]
    assert "xample" not in str(shown["records"])
    assert shown["disclosed"] == []
    assert {one["name"] for one in shown["attributes"]} == FULL
    assert not any(one["disclosed"] for one in shown["attributes"])
    assert all(one["description"] for one in shown["attributes"])
    assert {one["name"]: set(one["attributes"]) for one in shown["sets"]} == {
        name: set(members) for name, members in SETS.items()
    }


def test_record_types_and_the_dialect_select(operators_api: Api, provider: OpenIdProvider) -> None:
    """Only the record types that the client may search are shown, and OpenSPP 17's form where it has that dialect."""
    token = provider.token("auditor")

    def types(**query: str) -> list[str]:
        return [
            one["record_type"] for one in preview(operators_api, token, disclosure="full", **query).json["records"]
        ]

    assert types(record_types="Group") == ["Group"]
    assert types(record_types="Group,SRPerson", openspp17="true") == ["SRPerson", "Group", "person"]
    assert types(record_types="Group", openspp17="true") == ["Group"]


@pytest.mark.parametrize(
    "query",
    [
        {"disclosure": "everything"},
        {"disclosure": "name;sex"},
        {"disclosure": "<script>"},
        {"record_types": "Person"},
        {"openspp17": "yes"},
        {"person": "p0001"},
    ],
)
def test_what_is_unknown_is_rejected(operators_api: Api, provider: OpenIdProvider, query: dict[str, str]) -> None:
    """A name that is not known is 400, which says what is accepted, and never repeats what was sent."""
    reply = preview(operators_api, provider.token("auditor"), **query)
    assert reply.status == 400
    assert "<script>" not in reply.text
