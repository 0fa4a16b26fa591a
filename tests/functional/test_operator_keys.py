"""The keys of the operators' provider: found by its configuration, kept, rotated, and missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.api import START, Api
from support.key_publisher import http
from support.operator_provider import CONFIGURATION, KEYS, OpenIdProvider, key_pair, list_clients

HUGE = http(b'{"keys": [' + b" " * 70_000 + b"]}")
REDIRECT = http(b"{}", "302 Found", "Location: http://127.0.0.1:1/keys\r\n")


def status(api: Api, provider: OpenIdProvider, **options: Any) -> int:
    """Return what a list of the clients is answered with, by a token that is new."""
    now = int(api.clock())
    return list_clients(api, provider.token("auditor", iat=now, exp=now + 3600, **options)).status


def test_keys_are_fetched_once_for_all_functions(
    new_operators_api: Callable[[], Api], provider: OpenIdProvider
) -> None:
    """Within five minutes the configuration and the keys are fetched once, however many functions need them."""
    functions = [new_operators_api() for _ in range(3)]
    for _ in range(2):
        assert [status(function, provider) for function in functions] == [200] * 3
    assert provider.paths == [CONFIGURATION, KEYS]


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_keys_of_each_algorithm_are_accepted(operators_api: Api, provider: OpenIdProvider, algorithm: str) -> None:
    """A provider signs with the algorithm that its key has; RSA without one means RS256."""
    provider.pairs = [key_pair(1, algorithm)]
    assert status(operators_api, provider) == 200


def test_a_new_key_is_found_within_a_minute(new_operators_api: Callable[[], Api], provider: OpenIdProvider) -> None:
    """A provider may sign with a new key a minute after the last fetch; what it took back ends after five minutes."""
    api, other = new_operators_api(), new_operators_api()
    old, new = key_pair(1), key_pair(2, "ES256")
    assert [status(one, provider) for one in (api, other)] == [200, 200]
    provider.pairs = [new]
    api.clock.advance(59)
    assert status(api, provider) == 401
    api.clock.advance(1)
    other.clock.advance(60)
    assert [status(one, provider) for one in (api, other)] == [200, 200]
    assert status(api, provider, by=old) == 401
    assert provider.paths == [CONFIGURATION, KEYS] * 2


def test_unknown_keys_cause_no_more_fetches(operators_api: Api, provider: OpenIdProvider) -> None:
    """However many ids of keys are made up, the keys are fetched once a minute."""
    for number in range(10):
        assert status(operators_api, provider, header={"kid": f"made-up-{number}"}) == 401
    assert provider.paths == [CONFIGURATION, KEYS]


@pytest.mark.parametrize(
    "answer", [b"", http(b"{}", "500 Oops"), REDIRECT, HUGE, http(b"[]"), http(b"<html>"), http(b"[" * 10_000)]
)
def test_without_an_answer_known_keys_go_on(operators_api: Api, provider: OpenIdProvider, answer: bytes) -> None:
    """While the provider does not answer, redirects or answers without end, tokens of known keys are accepted.

    Those of new keys are answered with 503: they may be good. No redirect is followed. After a day no key is known.
    """
    assert status(operators_api, provider) == 200
    provider.answer = answer
    operators_api.clock.advance(600)
    assert status(operators_api, provider) == 200
    reply = list_clients(operators_api, provider.token("auditor", header={"kid": "new"}, exp=int(START) + 3600))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "60")
    assert "provider" in reply.json["errors"][0]["message"]
    assert provider.paths == [CONFIGURATION, KEYS, CONFIGURATION]
    operators_api.clock.advance(86_400)
    assert status(operators_api, provider) == 503
    provider.answer = None
    operators_api.clock.advance(60)
    assert status(operators_api, provider) == 200


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://accounts.example.org"},
        {"issuer": None},
        {"issuer": "ISSUER/"},
        {"jwks_uri": None},
        {"jwks_uri": 5},
        {"jwks_uri": "http://partner.example/keys"},
        {"jwks_uri": "https://10.0.0.1/keys"},
        {"jwks_uri": "https://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_configuration_of_another_issuer_is_not_used(
    operators_api: Api, provider: OpenIdProvider, configuration: dict[str, Any]
) -> None:
    """The configuration must name this very issuer, and keys at an address that may be reached, by HTTPS."""
    if configuration.get("issuer") == "ISSUER/":
        configuration = {"issuer": f"{provider.issuer}/"}
    provider.configuration = configuration
    assert status(operators_api, provider) == 503
    assert provider.paths == [CONFIGURATION]


def test_the_keys_of_partners_verify_no_operator(operators_api: Api, provider: OpenIdProvider) -> None:
    """The item of the provider's keys is apart from those that functions for partners write."""
    assert status(operators_api, provider) == 200
    key: Any = {"pk": {"S": "PROVIDER"}, "sk": {"S": provider.issuer}}
    found = operators_api.runtime.dynamodb.get_item(TableName=operators_api.runtime.settings.exchange_table, Key=key)
    assert key_pair().kid in found["Item"]["jwks"]["S"]
