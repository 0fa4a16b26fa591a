"""POST /registry/sync/search: rejected items of accepted messages (HTTP 200, `status: rjct`)."""

from __future__ import annotations

from typing import Any

import pytest

from dci_cli.local.demo import KNOWN_UIN
from dci_common.registry.query.conditions import MAX_LEAVES
from support.api import Api, identified, item, predicate
from support.example_counts import sampled
from support.rejected_items import BORN, CRITERIA, KNOWN, MARK, is_rejected


@pytest.mark.parametrize(
    "query",
    [
        None,
        "",
        7,
        MARK,
        [],
        {},
        {"type": "UIN"},
        {"value": KNOWN_UIN},
        {"type": "", "value": KNOWN_UIN},
        {"type": "UIN", "value": ""},
        {"type": "UIN", "value": None},
        {"type": "UIN", "value": KNOWN_UIN, MARK: 1},
        [{"type": "UIN", "value": KNOWN_UIN}],
    ],
    ids=repr,
)
def test_an_invalid_idtype_value_query_is_rejected(shared_api: Api, query: object) -> None:
    """An idtype-value query is an object with a type and a value, and nothing more."""
    message = is_rejected(shared_api.search(item(query)), CRITERIA)
    assert "type" in message
    assert "value" in message


@pytest.mark.parametrize(
    "query",
    [
        None,
        {},
        MARK,
        [],
        [MARK],
        [[]],
        [{}],
        [{"seq_num": 1}],
        [{"expression1": ""}],
        [{"expression1": MARK}],
        [{"expression1": []}],
        [{"expression1": {}}],
        [{"expression1": {"attribute_name": "birthdate", "operator": "lt"}}],
        [{"expression1": {"attribute_name": "birthdate", "operator": "", "attribute_value": "1990-01-31"}}],
        [{"expression1": {**BORN, MARK: 1}}],
        [{"expression1": BORN, MARK: 1}],
        [{"expression1": BORN, "expression0": KNOWN}],
        [{"expression2": BORN}],
        [{"expression1": BORN, "expression3": KNOWN, "condition": "and"}],
        [{"expression1": BORN, "condition": "and"}],
        [{"expression1": BORN, "expression2": KNOWN}],
        [{"expression1": BORN, "expression2": KNOWN, "condition": ""}],
        [{"expression1": BORN, "expression2": KNOWN, "condition": MARK}],
        [{"expression1": BORN, "expression2": KNOWN, "condition": ["and"]}],
        [{"expression1": BORN, "seq_num": MARK}],
        [{"expression1": BORN, "seq_num": [1]}],
        [{"expression1": BORN}, {"expression2": BORN}],
        [{"expression1": BORN}] * (MAX_LEAVES + 1),
    ],
    ids=lambda query: repr(query)[:60],
)
@pytest.mark.parametrize("query_type", sampled(["predicate", "expression"]))
def test_an_invalid_predicate_is_rejected(shared_api: Api, query: object, query_type: str) -> None:
    """No part of a predicate ever silently means "no filter"."""
    is_rejected(shared_api.search(item(query, query_type)), CRITERIA)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (identified("UIN", ""), "query.value is empty"),
        (identified("", KNOWN_UIN), "query.type is empty"),
        (predicate(("UIN", "eq", "")), "query.0.expression1.attribute_value is empty"),
        (predicate(("UIN", "", KNOWN_UIN)), "query.0.expression1.operator is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_empty_member_is_named(shared_api: Api, asked: dict[str, Any], why: str) -> None:
    """An empty member is reported as empty, not as missing."""
    assert why in is_rejected(shared_api.search(asked), CRITERIA)


def test_the_largest_number_is_accepted(shared_api: Api) -> None:
    """A number may have as many digits as a string may have bytes."""
    (response,) = shared_api.search(identified("UIN", 10**511)).items
    assert (response["status"], response["pagination"]["total_count"]) == ("succ", 0)


def test_the_error_about_an_unknown_member_allows_more_expressions(shared_api: Api) -> None:
    """The error about a misspelt second expression says that more expressions are allowed."""
    query = [{"expression1": BORN, "condition": "and", "expresion2": KNOWN}]
    assert "expression2" in is_rejected(shared_api.search(item(query, "predicate")), CRITERIA)


@pytest.mark.parametrize(
    "criteria",
    [
        {"reg_type": MARK},
        {"reg_type": "ns:org:RegistryType:Civil"},
        {"reg_type": "Socialist"},
        {"reg_type": " "},
        {"reg_type": "SPP:RegistryType:Group"},
        {"reg_record_type": MARK},
        {"reg_record_type": " "},
        {"response_entity": "Farmer"},
        {"reg_record_type": "Farmer", "response_entity": "Group"},
        {"reg_type": "SPP:RegistryType:Individual", "reg_record_type": "Group"},
    ],
    ids=repr,
)
def test_an_unserved_registry_or_record_type_is_rejected(shared_api: Api, criteria: dict[str, Any]) -> None:
    """What is not served is rejected, with the names of what is."""
    message = is_rejected(shared_api.search(identified("UIN", KNOWN_UIN, **criteria)), CRITERIA)
    assert "RegistryType" in message or "person" in message.lower()
