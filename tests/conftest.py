"""One engine a session, loaded with the demo registry; fresh functions a test.

The engine is moto, or DynamoDB Local with `DCI_TEST_ENGINE=dynamodb-local`. The functions call it through their own
clients, or through botocore's with `DCI_TEST_AWS_CLIENT=botocore`. The same tests pass with each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import boto3
import pytest

from dci_cli.environment import environment
from dci_cli.local import dynamodb_local, moto_engine
from dci_cli.local.demo import Population, demo_population
from dci_cli.local.load import load
from dci_cli.local.rotation import rotate, rotating
from dci_cli.local.tables import create_tables
from dci_common import logs as function_logs
from dci_common.aws.transport import Endpoint
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, views
from dci_common.runtime import Runtime, tune_gc
from dci_common.settings import Settings
from dci_rotation import app as rotation_app
from support import example_counts
from support.api import Api
from support.events import ROOT
from support.exchanges import Partner, Queues, Receiver, receiving
from support.logs import Logs, collected
from support.own_deployment import own_deployment
from support.registries import tables

example_counts.reproduce()
pytest_plugins = [
    "support.iam_enforcement",
    "support.partner_server",
    "support.operator_provider",
    "support.approvals",
    "support.own_clients",
]

SETTINGS = Settings(
    clients_table="dci-clients",
    registry_table="dci-registry",
    exchange_table="dci-exchange",
    audit_table="dci-audit",
    signing_keys_secret="dci-signing-keys",
    message_keys_secret="dci-message-keys",
    cursor_secret="dci-cursor-key",
    work_queue="https://sqs.eu-west-1.amazonaws.com/123456789012/dci-work",
    delivery_queue="https://sqs.eu-west-1.amazonaws.com/123456789012/dci-delivery",
    changes_queue="https://sqs.eu-west-1.amazonaws.com/123456789012/dci-changes",
    callback_secrets="dci/callbacks/",
    callback_test_origins=frozenset({"127.0.0.1", "localhost"}),
    issuer="https://registry.example.org",
    stack_name="dci",
    requests_a_minute=1_000_000,  # counted; their clock stands, so that a session is a minute
    records_a_day=1_000_000_000,
)
TABLES = {
    "ClientsTable": "dci-clients",
    "RegistryTable": "dci-registry",
    "ExchangeTable": "dci-exchange",
    "AuditTable": "dci-audit",
}
SHARDS = 2


@pytest.fixture(scope="session")
def population() -> Population:
    """Return the demo registry."""
    return demo_population()


@pytest.fixture(scope="session")
def people(population: Population) -> dict[str, View]:
    """Return the view of every person of the demo registry, by id."""
    made = views(population.people, population.groups, population.memberships)
    return {view["id"]: view for kind, view in made if kind is Kind.PERSON}


@pytest.fixture(scope="session")
def engine(population: Population) -> Iterator[None]:
    """Run the engine with tables, signing keys and the demo registry; RotateSecret leaves the keys as they are."""
    with (
        moto_engine.running(),
        _dynamodb(),
        rotating(lambda *_: {}),
        environment({"AUDIT_TABLE": SETTINGS.audit_table}),  # where operators' changes are recorded
    ):
        runtime = Runtime(SETTINGS)
        secrets = boto3.client("secretsmanager")
        dynamodb = boto3.client("dynamodb")
        create_tables(dynamodb, tables(), TABLES)
        for secret_id in (SETTINGS.signing_keys_secret, SETTINGS.message_keys_secret):
            secrets.create_secret(Name=secret_id, SecretString="{}")
            rotate(rotation_app.create_app(runtime), secret_id)
        load(dynamodb, SETTINGS.registry_table, population, SHARDS, date(2026, 3, 1))
        secrets.create_secret(Name=SETTINGS.cursor_secret, SecretString="only for tests")
        queues = (SETTINGS.work_queue, SETTINGS.delivery_queue, SETTINGS.changes_queue)
        created = [boto3.client("sqs").create_queue(QueueName=url.rpartition("/")[2])["QueueUrl"] for url in queues]
        assert created == list(queues)
        tune_gc()  # as the functions do: the collector would walk again and again through all that the session keeps
        yield


@contextmanager
def _dynamodb() -> Iterator[None]:
    if os.environ.get("DCI_TEST_ENGINE") != "dynamodb-local":
        yield  # moto answers
        return
    jar = dynamodb_local.fetch(ROOT / ".local" / "dynamodb-local")
    with dynamodb_local.running(jar) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        patch.setattr(Endpoint, "read_seconds", 60)  # it shares a busy machine with the tests
        yield


def _clients() -> dict[str, Any]:
    """Return what makes the functions' clients of AWS, where it is not their own."""
    if os.environ.get("DCI_TEST_AWS_CLIENT") != "botocore":
        return {}
    services = {"dynamodb": "dynamodb", "secrets": "secretsmanager", "sqs": "sqs", "cloudwatch": "cloudwatch"}
    return {name: lambda _, service=service: boto3.client(service) for name, service in services.items()}


_seeds = iter(range(1_000_000))


@pytest.fixture(scope="session")
def new_api(engine: None) -> Callable[..., Api]:  # noqa: ARG001 - must be running
    """Return a maker of APIs; keywords change the settings, and `sqs` and `cloudwatch` what makes these clients."""

    def make(**changes: Any) -> Api:
        fields = {name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}
        own = {name: changes.pop(name) for name in ("sqs", "cloudwatch") if name in changes}
        return Api(Settings(**fields | changes), next(_seeds), _clients() | own)

    return make


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return a fresh API over the demo registry."""
    return new_api()


@pytest.fixture
def own_api(new_api: Callable[..., Api]) -> Callable[..., Api]:
    """Return a maker of APIs over clients and keys of their own: the rings are empty, as in a new deployment."""
    return own_deployment(new_api)


@pytest.fixture(scope="session")
def shared_api(new_api: Callable[..., Api]) -> Api:
    """Return one API for all tests that only ask it: its clock and its partner must not change."""
    api = new_api()
    api.runtime.prepare()  # with the clients that it has wherever it is used first
    return api


@pytest.fixture(scope="session")
def exchange_api(new_api: Callable[..., Api]) -> tuple[Api, Queues]:
    """Return one API over the demo registry for exchanges, each of a client of its own, and their queues."""
    queues = Queues()
    return new_api(work_queue="work", delivery_queue="delivery", sqs=lambda _: queues), queues


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of callbacks, which checks what it is sent."""
    with receiving() as running:
        yield running


@pytest.fixture
def partner(exchange_api: tuple[Api, Queues], receiver: Receiver) -> Partner:
    """Return a partner that is called back at the receiver."""
    return Partner(*exchange_api, receiver.url)


@pytest.fixture(scope="session", autouse=True)
def _language() -> Iterator[None]:
    """Have argparse look for no translations, for which it searches folders hundreds of times in each command."""
    with environment({"LANGUAGE": "C"}):
        yield


@pytest.fixture(scope="session", autouse=True)
def _logger() -> None:
    """Make the functions' logger before a test captures output: it would go on writing to what is closed by then."""
    function_logs._logger()  # noqa: SLF001 - the functions' logger


@pytest.fixture
def logs() -> Iterator[Logs]:
    """Collect the functions' log lines."""
    with collected() as logs:
        yield logs
