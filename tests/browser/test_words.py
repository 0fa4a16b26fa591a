"""The console has words for everything that the API can send as a code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, get_args

import pytest
from playwright.sync_api import Page

from dci_cli.registry.support.operator_audit import Command
from dci_common.clients import model, proposal
from dci_common.clients.log import LogAct
from dci_common.exchange import exchanges
from dci_common.oauth import public_key_store
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registries.social.disclosure import FULL, SETS
from dci_common.scopes import SCOPES
from dci_common.subscriptions.event_types import EventType
from dci_common.subscriptions.subscription_views import FailingSubscriberView
from dci_delivery.attempt import Result
from support.events import ROOT

_CODE = re.compile(r'"(err\.[a-z_]+\.[a-z_]+)"')
CODES = {
    code
    for folder in ("layers", "functions")
    for path in (ROOT / folder).rglob("*.py")
    for code in _CODE.findall(path.read_text("utf-8"))
}
ROUTES = {"audit", "audit/statement", "usage", "administration-log", "records/person", "records/group"}
# By the path in strings.js, what the API can send there.
WORDS: dict[str, set[str]] = {
    "overview.outcomeNames": {"ok", *CODES},
    "overview.health": {"ok", "attention", "failing"},
    "overview.outcomesOfPass": {"succeeded", "failed", "loading"},
    "log.acts": set(get_args(LogAct)),
    "log.kinds": {"client", "operator", "keys", "exchange"},
    "log.states": {*get_args(exchanges.State), "redriven", "active", "ended", "paused", "resumed"},
    "audit.commands": set(get_args(Command)),
    "audit.routes": ROUTES,
    "approvals.acts": set(get_args(proposal.Act)),
    "approvals.statuses": {*get_args(proposal.ApprovalStatus), "all"},
    "keys.states": set(get_args(public_key_store.State)),
    "clients.statuses": {*get_args(model.Status), "deleted", ""},
    "clientMembers.scopes": set(SCOPES),
    "clientMembers.setNames": {*SETS, "own"},
    "clientMembers.signature": set(get_args(model.Signatures)),
    "clientMembers.dialect": set(get_args(model.Dialect)),
    "clientMembers.auth": set(get_args(model.CallbackAuth)),
    "clientMembers.spelling": set(get_args(model.NotifySpelling)),
    "clientMembers.records": {*get_args(model.NotifyRecords), ""},
    "client.callbacks.states": set(get_args(exchanges.State)),
    "client.callbacks.kinds": set(get_args(exchanges.Kind)),
    "client.callbacks.results": set(get_args(Result)),
    "client.subscriptions.events": {str(one) for one in EventType},
    "client.subscriptions.causes": set(get_args(FailingSubscriberView.model_fields["cause"].annotation)),
}


@pytest.fixture
def strings(page_as: Callable[..., Page]) -> dict[str, Any]:
    """Return the texts of the console."""
    page = page_as("auditor", "/console/clients")
    found = page.evaluate("import('/console/strings.js').then(({strings}) => JSON.stringify(strings))")
    return dict(json.loads(found))


def test_every_code_of_the_api_has_words(strings: dict[str, Any]) -> None:
    """A new outcome, act, state or setting of the API needs its words here, and one that is gone takes them along."""
    for path, codes in WORDS.items():
        found: Any = strings
        for name in path.split("."):
            found = found[name]
        assert set(found) == codes, path


def test_every_attribute_has_words(strings: dict[str, Any]) -> None:
    """What clients may see, and what a subscription compares, has a word; names of identifiers are official."""
    compared = {attribute.name for attribute in SOCIAL_CATALOGUE.rows} | {
        one.name for one in SOCIAL_CATALOGUE.derived
    }
    assert FULL | compared <= strings["fields"].keys()
