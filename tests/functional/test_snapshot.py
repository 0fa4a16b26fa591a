"""A function's life in Lambda: before its snapshot is taken, after it is restored, and until it is stopped."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from dci_cli.local.rotation import rotate
from dci_clients import app as clients_app
from dci_common.aws.transport import Endpoint
from dci_common.oauth.public_key_store import KeyUse, read_public_keys
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_rotation import app as rotation_app
from dci_search import app as search_app
from dci_token import app as token_app
from support.api import Api
from support.events import event

Hooks = dict[str, list[Callable[[], None]]]


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Hooks:
    """Stand in for Lambda's own library, and return what is registered with it."""
    registered: Hooks = {"before": [], "after": []}
    library = ModuleType("snapshot_restore_py")
    library.register_before_snapshot = registered["before"].append  # type: ignore[attr-defined]
    library.register_after_restore = registered["after"].append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, library.__name__, library)
    return registered


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    """Restore the garbage collector's settings, which functions change: the other tests make cycles."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def api(own_api: Callable[..., Api]) -> Api:
    """Return an API whose keys are its own."""
    made = own_api()
    rotate(rotation_app.create_app(made.runtime), made.runtime.settings.signing_keys_secret)
    return made


@pytest.fixture
def calls(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what functions made from the environment, which is this API's, ask of AWS."""
    settings = api.runtime.settings
    for name in settings.__slots__:
        if value := getattr(settings, name):
            monkeypatch.setenv(name.upper(), str(value))
    monkeypatch.delenv("RECEIVER_IDS", raising=False)
    asked: list[str] = []
    post = Endpoint.post

    def noted(endpoint: Endpoint, target: str, *request: Any) -> Any:
        asked.append(target.rpartition(".")[2])
        return post(endpoint, target, *request)

    monkeypatch.setattr(Endpoint, "post", noted)
    return asked


@pytest.mark.parametrize("module", [token_app, search_app, clients_app], ids=["token", "search", "clients"])
def test_a_snapshot_holds_no_secret(hooks: Hooks, calls: list[str], module: Any) -> None:
    """Before the snapshot the app and its clients are made, and nothing is read: no key, no client, no person."""
    made: list[Runtime] = []

    def create_app(runtime: Runtime) -> LambdaHandler:
        made.append(runtime)
        app: LambdaHandler = module.create_app(runtime)
        return app

    lambda_handler(create_app)
    assert made == []
    for hook in hooks["before"]:
        hook()
    [runtime] = made
    assert {"dynamodb", "secrets"} <= vars(runtime).keys()
    assert calls == []


def test_a_restored_function_remembers_nothing(hooks: Hooks, calls: list[str], api: Api) -> None:
    """What was read before a snapshot, if anything was, is read again after the restore."""
    handler = lambda_handler(token_app.create_app)
    for hook in hooks["before"]:
        hook()
    assert handler(event("jwks"), None)["statusCode"] == 200
    rotate(rotation_app.create_app(api.runtime), api.runtime.settings.signing_keys_secret)
    for hook in hooks["after"]:
        hook()
    published = read_public_keys(api.runtime, KeyUse.TOKENS, consistent=True)
    calls.clear()
    assert all(key.kid in handler(event("jwks"), None)["body"] for key in published.keys[:2])
    assert calls == ["GetItem", "GetItem"]  # the keys of tokens, and those of messages


def test_copies_of_a_snapshot_part_ways(hooks: Hooks) -> None:
    """Copies draw different random numbers, so that they do not try again all at the same moment."""
    lambda_handler(lambda _: lambda *_: {})
    state = random.getstate()
    drawn = set()
    for _ in range(2):
        random.setstate(state)
        for hook in hooks["after"]:
            hook()
        drawn.add(random.random())
    assert len(drawn) == 2


def test_without_snapshots_nothing_is_registered() -> None:
    """Elsewhere than in Lambda the library is absent, and a handler works without it."""
    assert "snapshot_restore_py" not in sys.modules
    assert lambda_handler(lambda _: lambda *_: {"statusCode": 204})({}, None) == {"statusCode": 204}


class Context:
    """Lambda's context, with so many seconds left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return what Lambda returns."""
        return int(1000 * self._seconds)


@pytest.mark.parametrize(("seconds", "status"), [(29, 200), (0.5, 503)])
def test_no_call_outlasts_the_invocation(calls: list[str], seconds: float, status: int) -> None:
    """With too little time left AWS is not called, and the function still answers."""
    handler = lambda_handler(token_app.create_app)
    assert handler(event("jwks"), Context(seconds))["statusCode"] == status
    assert calls == (["GetItem", "GetItem"] if status == 200 else [])
