"""Compiled subscriptions: what may be subscribed to, and with which code the rest is rejected."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.query.tree import EVERYTHING
from dci_common.registry.storage.store import RegistrySettings
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.compiled_subscription import CompiledSubscription, compile_subscription
from support.registries import TODAY
from support.subscribers import Subscriber

SETTINGS = RegistrySettings(2, frozenset({"UIN"}))
PREDICATE = [{"seq_num": 1, "expression1": {"attribute_name": "age", "operator": "lt", "attribute_value": "25"}}]
EXPRESSION = {
    "type": "ns:org:QueryType:NoSql",
    "value": {"expression": {"collection": "Group", "query": {"poverty_score": {"$lt": 5}}}},
}
PAIR = {"type": "UIN", "value": "847951632"}


def compiled(client: Subscriber | None = None, **criteria: Any) -> CompiledSubscription:
    """Compile criteria."""
    made = {"reg_event_type": "REGISTER", "notify_record_type": "", "filter": PAIR, **criteria}
    read = SubscribeCriteria.model_validate(made)
    return compile_subscription(read, client or Subscriber(), SETTINGS, TODAY)


def rejection(client: Subscriber | None = None, **criteria: Any) -> str:
    """Return the code with which criteria are rejected."""
    with pytest.raises(Rejection) as rejected:
        compiled(client, **criteria)
    return rejected.value.code


@pytest.mark.parametrize(
    ("filter_type", "filter_"), [("predicate", PREDICATE), ("expression", EXPRESSION), ("idtype-value", PAIR)]
)
def test_the_type_of_a_filter_may_be_left_out(filter_type: str, filter_: object) -> None:
    """A filter means the same with its type, without it and with an empty one."""
    trees = [compiled(filter=filter_, filter_type=sent).search.query.tree for sent in (filter_type, "", None)]
    assert trees[1:] == trees[:1] * 2


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ({}, Kind.PERSON),
        ({"notify_record_type": "spdci-extensions-dci:Person"}, Kind.PERSON),
        ({"notify_record_type": "Group", "filter": PREDICATE}, Kind.GROUP),
        ({"filter": EXPRESSION}, Kind.GROUP),
        ({"reg_type": "ns:org:RegistryType:Social"}, Kind.PERSON),
    ],
)
def test_the_record_type_is_that_of_a_search(names: dict[str, Any], kind: Kind) -> None:
    """What is notified about is named as in a search; `notify_record_type` may be empty."""
    assert compiled(**names).search.query.kind is kind


def test_a_star_is_everybody() -> None:
    """OpenSPP2's default filter subscribes to all that the client may see; only in this very form."""
    assert compiled(filter={"type": "*", "value": "*"}).search.query.tree == EVERYTHING
    assert rejection(filter={"type": "*", "value": "1"}) == "rjct.notify_details.invalid"
    assert rejection(filter={}) == "rjct.notify_details.invalid"


@pytest.mark.parametrize(
    "criteria",
    [
        {"filter": ""},
        {"filter": None},
        {"filter": []},
        {"filter": "me.age < 25"},
        {"filter": {"type": "shoe_size", "value": "40"}},
        {"filter": PREDICATE, "filter_type": "idtype-value"},
        {"filter_type": "graphql"},
        {"filter_type": "namedQuery"},
        {"notify_record_type": "Farmer"},
        {"reg_type": "ns:org:RegistryType:FR"},
    ],
)
def test_a_bad_filter_is_rejected(criteria: dict[str, Any]) -> None:
    """What is not understood or not served here is `rjct.notify_details.invalid`: never everybody."""
    assert rejection(**criteria) == "rjct.notify_details.invalid"


def test_a_client_subscribes_only_to_what_it_may_see() -> None:
    """A filter by an attribute that is not disclosed, and another record type than the client's, are rejected."""
    minimal = Subscriber(disclosure=("minimal",), record_types=("SRPerson",))
    assert compiled(minimal).search.disclosure == {"identifier", "name", "birth_date", "sex"}
    assert rejection(minimal, filter={"type": "occupation", "value": "w"}) == "rjct.notify_details.invalid"
    assert rejection(minimal, notify_record_type="Group") == "rjct.notify_details.invalid"


@pytest.mark.parametrize("name", ["", "BIRTH", "enrollement"])
def test_an_unknown_event_type_is_rejected(name: str) -> None:
    """An event that the registry does not have is `rjct.notify_types.invalid`."""
    assert rejection(reg_event_type=name) == "rjct.notify_types.invalid"
