"""A small registry: moto reads a whole table for each query, so many queries want few people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from dci_cli.local.demo import Population
from support import leaks
from support.admin_client import Admin
from support.api import Api
from support.audit_stream import own_audit_table
from support.aws_over_http import Server, aws_over_http
from support.exchanges import Queues
from support.logs import collected
from support.operator_provider import AUDIENCE, OpenIdProvider
from support.oversight import STREAM, Oversight
from support.registries import registry_of
from support.stored_exchanges import exchange_table
from support.tiny_registry import tiny_population

_HOUSEHOLDS = 10


@pytest.fixture(scope="session", autouse=True)
def _nothing_secret_is_left(engine: None) -> Iterator[None]:  # noqa: ARG001 - must be running
    """See that after all these tests no secret and no token given out stands in a log line, a table or an error."""
    with leaks.noted() as noted, collected() as logs:
        yield
    places = {"log lines": logs.lines, "tables": [leaks.tables()], "errors": noted.errors}
    assert [name for name, texts in places.items() if noted.found_in("\n".join(texts))] == []


@pytest.fixture(scope="session")
def wire(engine: None) -> Iterator[Server]:  # noqa: ARG001 - must be running
    """Run moto's services behind an HTTP server, which sees what the functions' own client sends."""
    with aws_over_http() as server:
        yield server


@pytest.fixture
def over_the_wire(wire: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a test's functions ask over HTTP, as in a deployment; DynamoDB Local is asked so anyway.

    A third of the tests do: it costs as much as the engine's own work.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", wire.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", wire.url)
    if "AWS_ENDPOINT_URL_DYNAMODB" not in os.environ:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", wire.url)


@pytest.fixture(scope="session")
def village(population: Population) -> Population:
    """Return the first households of the demo registry."""
    groups = population.groups[:_HOUSEHOLDS]
    ids = {group.id for group in groups}
    memberships = [membership for membership in population.memberships if membership.group_id in ids]
    members = {membership.person_id for membership in memberships}
    return Population([person for person in population.people if person.id in members], groups, memberships)


@pytest.fixture(scope="session")
def village_table(village: Population, engine: None) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Return the table of the small registry."""
    with registry_of(village) as table:
        yield table


@pytest.fixture(scope="session")
def village_api(village_table: str, new_api: Callable[..., Api]) -> Api:
    """Return an API over the small registry, for tests that only ask it."""
    return new_api(registry_table=village_table)


@pytest.fixture(scope="session")
def tiny_table(engine: None) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Return the table of the tiny registry."""
    with registry_of(tiny_population()) as table:
        yield table


@pytest.fixture(scope="session")
def tiny_api(tiny_table: str, new_api: Callable[..., Api]) -> Api:
    """Return an API over the tiny registry, for tests that only ask it."""
    return new_api(registry_table=tiny_table)


@pytest.fixture
def exchange_api(village_table: str, new_api: Callable[..., Api]) -> tuple[Api, Queues]:
    """Return a fresh API over the small registry, and the queues of its exchanges."""
    queues = Queues()
    made = new_api(registry_table=village_table, work_queue="work", delivery_queue="delivery", sqs=lambda _: queues)
    return made, queues


@pytest.fixture
def own_exchange_api(village_table: str, new_api: Callable[..., Api]) -> tuple[Api, Queues]:
    """Return a fresh API over the small registry with an ExchangeTable of its own, and its queues."""
    queues = Queues()
    names = {"work_queue": "work", "delivery_queue": "delivery", "exchange_table": exchange_table()}
    return new_api(registry_table=village_table, sqs=lambda _: queues, **names), queues


@pytest.fixture
def admin(api: Api) -> Admin:
    """Return an operator who may change."""
    return Admin(api)


@pytest.fixture
def reader(api: Api) -> Admin:
    """Return an operator who may only read."""
    return Admin(api, ("clients.read",))


@pytest.fixture
def owner(api: Api) -> str:
    """Return the id of a client that is new."""
    return api.client()[0].client_id


@pytest.fixture
def oversight(tiny_table: str, new_api: Callable[..., Api], provider: OpenIdProvider) -> Iterator[Oversight]:
    """Return what people ask of an API over the tiny registry, with an AuditTable of its own."""
    with own_audit_table() as runtime:
        tables = {"registry_table": tiny_table, "audit_table": runtime.settings.audit_table}
        people = {"operator_issuer": provider.issuer, "operator_audience": AUDIENCE}
        yield Oversight(new_api(**tables, **people, audit_stream=STREAM), provider)
