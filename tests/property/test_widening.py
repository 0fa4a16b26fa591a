"""What counts as widening, against all that a client can do, spelled out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dci_common.clients.callback_urls import is_registered
from dci_common.clients.model import RECORD_TYPES, Callbacks, Client
from dci_common.clients.widening import ADDRESSES, CALLBACK_RULES, RULES, widened
from dci_common.registries.social.disclosure import disclosure
from dci_common.scopes import SCOPES
from support.example_counts import some

URLS = [
    *("https://one.example.org/", "https://one.example.org/dci", "https://one.example.org/dci/on-search"),
    *("https://one.example.org:8443/dci", "https://two.example.org/"),
]
DEFAULT_LIMITS = (0, 5, 10**12)  # of deployments; 0 is none
LIMITS = st.sampled_from([None, 0, 1, 5, 6])
KEYS = [
    {"kid": "a", "kty": "OKP", "x": "1"},
    {"kid": "b", "kty": "OKP", "x": "2"},
    {"kid": "a", "kty": "OKP", "x": "3"},
]
Doing = set[tuple[Any, ...]]


def subsets(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return lists of some of these values, in any order."""
    return st.lists(st.sampled_from(values), unique=True, max_size=3).map(tuple)


CALLBACKS = st.builds(
    Callbacks,
    urls=subsets(*URLS),
    default_url=st.sampled_from(["", *URLS]),
    auth=st.sampled_from(["none", "bearer", "oauth"]),
    token_url=st.sampled_from(["", "https://id.example.org/1", "https://id.example.org/2"]),
    client_id=st.sampled_from(["", "x"]),
    max_bytes=st.sampled_from([100_000, 900_000]),
    secret_version=st.sampled_from(["", "1"]),
    notify_url=st.sampled_from(["", *URLS]),
)
CLIENTS = st.builds(
    Client,
    client_id=st.just("c"),
    name=st.sampled_from(["x", "y"]),
    sender_id=st.sampled_from(["x", "y"]),
    scopes=subsets(*SCOPES),
    token_lifetime=st.sampled_from([60, 600]),
    disclosure=subsets("minimal", "standard", "full", "income", "birth_date"),
    openspp17=st.booleans(),
    signature=st.sampled_from(["unsigned", "optional", "required", "ignore"]),
    status=st.sampled_from(["enabled", "disabled"]),
    created=st.sampled_from(["1", "2"]),
    updated=st.sampled_from(["1", "2"]),
    version=st.integers(1, 3),
    record_types=subsets(*RECORD_TYPES),
    restricted=st.booleans(),
    requests_a_minute=LIMITS,
    records_a_day=LIMITS,
    asynchronous=st.booleans(),
    open_exchanges=LIMITS,
    notifications_a_minute=LIMITS,
    callbacks=CALLBACKS,
    jwks=st.none() | st.lists(st.sampled_from(KEYS), min_size=1).map(lambda keys: json.dumps({"keys": keys})),
    jwks_uri=st.sampled_from(["", "https://one.example.org/keys", "https://two.example.org/keys"]),
    dialect=st.sampled_from(["openspp2", "openg2p"]),
    tokens_not_before=st.integers(0, 2),
    tokens_generation=st.integers(0, 1),
)


def limited(limit: int | None, default: int) -> set[int]:
    """Return which of some numbers a limit allows."""
    most = default if limit is None else limit
    return {number for number in (1, 5, 6, 10**12, 10**13) if most == 0 or number <= most}


def can(client: Client, default: int) -> Doing:
    """Return all that a client can do, see and use in a deployment with a default for limits."""
    reading = {"clients.read"} if "clients.manage" in client.scopes else set()
    unproven = {
        "unsigned": {"unsigned"},
        "optional": {"unsigned"},
        "required": set(),
        "ignore": {"unsigned", "forged"},
    }
    doing: Doing = {("scope", scope) for scope in {*client.scopes, *reading}}
    doing |= {("see", name) for name in disclosure(client.disclosure)}
    doing |= {("search", name) for name in client.record_types}
    doing |= {("send unproven", kind) for kind in unproven[client.signature]}
    doing |= {("sign in", client.dialect), ("call itself", client.sender_id)}
    doing |= {("hold a token", seconds) for seconds in (60, 600) if seconds <= client.token_lifetime}
    doing |= {("use a token of", at) for at in range(3) if at >= client.tokens_not_before}
    # A higher generation revokes the tokens of lower ones, and of itself there are none yet.
    doing |= {("use a token of generation", number) for number in range(2) if number >= client.tokens_generation}
    doing |= {("key", json.dumps(key)) for key in (json.loads(client.jwks)["keys"] if client.jwks else [])}
    doing |= {("keys at", client.jwks_uri)} - {("keys at", "")}
    flags = ("openspp17", "restricted", "asynchronous")
    doing |= {(flag,) for flag in flags if getattr(client, flag)}
    for name in ("requests_a_minute", "records_a_day", "open_exchanges"):
        doing |= {(name, number) for number in limited(getattr(client, name), default)}
    doing |= {("notifications", number) for number in limited(client.notifications_a_minute, 0)}
    return doing | received(client.callbacks) | ({("be served",)} if client.status == "enabled" else set())


def received(callbacks: Callbacks) -> Doing:
    """Return what a client can have sent to where."""
    registered = [*callbacks.urls, *filter(None, (callbacks.default_url, callbacks.notify_url))]
    doing: Doing = {
        ("receive at", url) for url in [*URLS, "https://one.example.org/x"] if is_registered(url, registered)
    }
    doing |= {("a token from", callbacks.token_url)} - {("a token from", "")}
    return doing | {("bytes", size) for size in (100_000, 900_000) if size <= callbacks.max_bytes}


@settings(max_examples=some(5))
@given(CLIENTS, CLIENTS, st.sets(st.sampled_from(Client._fields), max_size=4))
def test_whatever_lets_a_client_do_more_widens(before: Client, other: Client, changed: set[str]) -> None:
    """Any change of some fields, after which a client can do what it could not, is one that widens."""
    after = before._replace(**{name: getattr(other, name) for name in changed})
    for default in DEFAULT_LIMITS:
        if not can(after, default) <= can(before, default):
            assert widened(before, after), changed


@settings(max_examples=some(5))
@given(CLIENTS, CLIENTS)
def test_what_narrows_each_field_widens_nothing(before: Client, other: Client) -> None:
    """A client that has less in each field, and the same identity, is not said to have more."""
    lists = ("scopes", "record_types", "disclosure")
    limits = ("requests_a_minute", "records_a_day", "open_exchanges")
    flags = ("openspp17", "restricted", "asynchronous")
    callbacks = before.callbacks._replace(urls=before.callbacks.urls[:1], default_url="", notify_url="", token_url="")
    narrower: dict[str, Any] = {
        **{name: tuple(one for one in getattr(before, name) if one in getattr(other, name)) for name in lists},
        **{name: 1 for name in limits if getattr(before, name) in {0, 5, 6}},
        **{name: getattr(before, name) and getattr(other, name) for name in flags},
    }
    after = before._replace(
        **narrower, callbacks=callbacks, token_lifetime=60, tokens_not_before=2, status="disabled", name=other.name
    )
    assert widened(before, after) == ()


def test_every_field_is_rated() -> None:
    """Each field of a client has a rule, and each of its callbacks, so that a new one is rated when it is added."""
    assert {*RULES, "callbacks"} == set(Client._fields)
    assert CALLBACK_RULES.keys() | ADDRESSES == set(Callbacks._fields)


def test_a_field_without_a_rule_widens() -> None:
    """A field of a later version, which nothing rates, widens by any change, and so does a new client."""

    class Later(Client):
        _fields = (*Client._fields, "unknown")  # type: ignore[assignment] # as a later version has them

        unknown = 1

    fields: Any = ["x"] * 12
    made = [Later(*fields) for _ in range(2)]
    made[1].unknown = 2
    assert widened(made[0], made[1]) == ("unknown",)
    assert widened(None, made[0]) == ("client",)
    assert widened(made[0], made[0]) == ()
