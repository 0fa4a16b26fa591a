"""POST /registry/sync/search: the total that a cursor carries, and whom it may be shown."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dci_cli.local.demo import Population
from dci_common.clients.model import Client
from dci_common.exchange.compiled_search import CompiledSearch, compile_search
from dci_common.exchange.cursor import Cursors, PageStart
from dci_common.registry.model.records import Person
from dci_common.registry.query.sort import Position
from dci_common.registry.storage.store import RegistrySettings
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import SearchCriteria
from support.api import Api, predicate
from support.registries import TODAY, registry_of

BORN = ("birth_date", "ge", "1990-01-01")
CRITERIA = predicate(BORN)["search_criteria"]
START = PageStart(Position(("1990-01-02#p2",), "p2"), 5)
AGAIN = "ask for the first page again."


@pytest.fixture(scope="module")
def api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over five people born on five days, of whom the last is restricted."""
    people = [Person(id=f"p{n}", birth_date=f"1990-01-0{n}", restricted=n == 5) for n in range(1, 6)]
    with registry_of(Population(people)) as table:
        yield new_api(registry_table=table)


def compiled(client: Client) -> CompiledSearch:
    """Return the search of a client for those born since 1990."""
    settings = RegistrySettings(2, frozenset())
    return compile_search(SearchCriteria.model_validate(CRITERIA), client, settings, TODAY)


def paged(api: Api, token: str, **pagination: Any) -> dict[str, Any]:
    """Ask for a page of two."""
    asked = predicate(BORN, pagination={"page_size": 2, **pagination})
    return dict(api.search(asked, token=token).items[0])


def test_each_page_has_the_total_of_the_first(api: Api) -> None:
    """Every page has the number of all matches that its client may know of, though only the first counts them."""
    for restricted, total in ((False, 4), (True, 5)):
        token = api.token_of(flags={"restricted": restricted})
        page = paged(api, token)
        while cursor := page["pagination"].get("next_cursor"):
            assert page["pagination"]["total_count"] == total
            page = paged(api, token, cursor=cursor)
        assert page["pagination"]["total_count"] == total


def test_a_cursor_ends_with_what_the_client_was_entitled_to(api: Api) -> None:
    """A total that counted restricted people is not shown once the client may not know of them, nor the reverse."""
    client, _ = api.client()
    cursors = Cursors(api.runtime)
    for entitled in (False, True):
        before = compiled(client._replace(restricted=entitled))
        after = compiled(client._replace(restricted=not entitled))
        cursor = cursors.seal(START, before.digest)
        assert cursors.open(cursor, before.digest) == START
        with pytest.raises(Rejection, match=AGAIN):
            cursors.open(cursor, after.digest)


def test_a_cursor_of_an_earlier_version_is_rejected_with_what_to_do(api: Api) -> None:
    """A cursor without a total, as earlier versions sealed it, is rejected: its partner starts again."""
    client, _ = api.client()
    search = compiled(client)
    asked = [client.client_id, search.reg_type, search.record_type.name, "predicate", CRITERIA["query"], None]
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).digest()
    settings = api.runtime.settings
    secret = api.runtime.secrets.get_secret_value(SecretId=settings.cursor_secret)["SecretString"]
    text = json.dumps([START.after.id, *START.after.values]).encode()
    sealed = bytes(12) + AESGCM(hashlib.sha256(secret.encode()).digest()).encrypt(bytes(12), text, digest)
    with pytest.raises(Rejection, match=AGAIN) as rejected:
        Cursors(api.runtime).open(base64.urlsafe_b64encode(sealed).decode().rstrip("="), search.digest)
    assert rejected.value.code == "rjct.pagination.invalid"
