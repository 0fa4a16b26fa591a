"""The cost of a token in a warm function: `make bench-token`.

Tokens are requested through the real handler, with each method of authentication. Engine, CPU time and floor are
those of warm.py. An assertion is also compared with a secret, in alternating rounds.
"""

from __future__ import annotations

import base64
import json
import sys
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple, get_args
from urllib.parse import urlencode

import jwt
from canned_aws import CannedAws
from engine import Engine, as_in_lambda, recorded
from floor import ROUNDS, Floor, compare
from report import Budget, options_of, report, speed
from warm import event_of

from dci_common.clients.registration import NewClient, register
from dci_common.oauth.assertions import TYPE
from dci_common.oauth.key_ring import KeyRing, SigningKey, generate
from dci_common.oauth.public_key_store import KeyUse, PublicKeySet, write_public_keys
from dci_common.runtime import Event, Runtime
from dci_common.settings import Algorithm, Settings
from dci_token.app import create_app

_TURNS, _QUICK_TURNS, _WARM = 55, 5, 20  # of a round
_MAX_CPU_MS = 3.0
_MAX_OF_SECRET = 1.5  # the CPU of an assertion, of a secret's
_ISSUER = "https://registry.example.org"
_SETTINGS = Settings(
    clients_table="clients",
    exchange_table="exchange",
    signing_keys_secret="keys",  # noqa: S106
    issuer=_ISSUER,
    stack_name="dci",
)
_SECRET, _ASSERTION = "client_secret_post", "private_key_jwt"
_CALLS = {"client_secret_basic": 2, _SECRET: 2, "JSON": 2, _ASSERTION: 3}

MakeEvent = Callable[[], Event]


class Measured(NamedTuple):
    """The CPU milliseconds of a token, the ratios of it to its floor and to a token by secret, and its calls."""

    cpu_ms: float
    of_floor: float
    of_secret: float
    calls: int


def main() -> int:
    """Measure every method of authentication with both signing algorithms; return 1 when one exceeds its budget."""
    options = options_of(__doc__, "fewer turns").parse_args()
    turns = _QUICK_TURNS if options.quick else _TURNS
    most, most_of_secret = (None, None) if options.quick else (_MAX_CPU_MS, _MAX_OF_SECRET)
    budgets: list[Budget] = []
    with as_in_lambda():
        found = {algorithm: Tokens(algorithm).measure(turns) for algorithm in get_args(Algorithm)}
        slowness = speed()
    for algorithm, ways in found.items():
        for way, one in ways.items():
            name = f"{algorithm}, {way}"
            budgets += [
                Budget(f"{name}, CPU", one.cpu_ms / slowness, most, unit="ms"),
                Budget(f"{name}, of the floor", one.of_floor),
                Budget(f"{name}, of a secret's", one.of_secret, most_of_secret if way == _ASSERTION else None),
                Budget(f"{name}, calls", one.calls, _CALLS[way]),
            ]
    return report([*budgets, Budget("this machine's slowness", slowness)], options.json)


class Tokens:
    """The token function with a canned client, and keys of one algorithm."""

    def __init__(self, algorithm: Algorithm) -> None:
        runtime, key = Runtime(_SETTINGS), generate("ES256")
        ring = KeyRing(next=(generate(algorithm),), current=(generate(algorithm),))
        fields = {
            "name": "bench",
            "sender_id": "bench",
            "scopes": ["registry.search"],
            "jwks": {"keys": [key.public]},
        }
        written = recorded(runtime)
        write_public_keys(runtime, PublicKeySet(KeyUse.TOKENS).with_states(ring.public_keys(), int(time.time())))
        client, secret = register(runtime, NewClient.model_validate(fields))
        runtime, self._aws = Runtime(_SETTINGS), CannedAws(Engine(written, {"keys": ring.to_secret()}))
        self._aws.attach(runtime)
        self._app = create_app(runtime)
        self._ways = _ways(client.client_id, secret, key)

    def measure(self, turns: int) -> dict[str, Measured]:
        """Measure each method in so many turns a round."""
        return {way: self._measure(way, turns) for way in self._ways}

    def _measure(self, way: str, turns: int) -> Measured:
        for _ in range(_WARM):
            self._answer(self._ways[way]())
        self._aws.take()
        self._answer(self._ways[way]())
        calls, _ = self._aws.take()
        token, secret = self._events(way, 2 * turns), self._events(_SECRET, turns)
        beside_floor = compare(token, Floor(self._aws.address, calls), turns)
        return Measured(beside_floor.cpu_ms, beside_floor.ratio, compare(token, secret, turns).ratio, len(calls))

    def _events(self, way: str, turns: int) -> Callable[[], None]:
        """Return what asks for one token after the other, whose requests are made beforehand."""
        events = iter([self._ways[way]() for _ in range(ROUNDS * turns)])
        return lambda: self._answer(next(events))

    def _answer(self, event: Event) -> None:
        answer = self._app(event, None)
        if answer["statusCode"] != 200:  # noqa: PLR2004
            raise SystemExit(f"answered with {answer['statusCode']}: {answer['body']}")


def _ways(client_id: str, secret: str, key: SigningKey) -> dict[str, MakeEvent]:
    credentials = {"client_id": client_id, "client_secret": secret}
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    grant = {"grant_type": "client_credentials"}
    return {
        "client_secret_basic": lambda: _event(grant, authorization=f"Basic {basic}"),
        _SECRET: lambda: _event(grant | credentials),
        "JSON": lambda: event_of("/oauth2/client/token", json.dumps(grant | credentials), "application/json"),
        _ASSERTION: lambda: _event(
            grant | {"client_assertion_type": TYPE, "client_assertion": _assertion(client_id, key)}
        ),
    }


def _assertion(client_id: str, key: SigningKey) -> str:
    claims = {"iss": client_id, "sub": client_id, "aud": _ISSUER, "exp": int(time.time()) + 60}
    return jwt.encode(claims | {"jti": uuid.uuid4().hex}, key.private_key, key.alg, {"kid": key.kid})


def _event(parameters: dict[str, str], authorization: str = "") -> Event:
    event = event_of("/oauth2/client/token", urlencode(parameters), "application/x-www-form-urlencoded")
    event["headers"] |= {"authorization": authorization} if authorization else {}
    return event


if __name__ == "__main__":
    sys.exit(main())
