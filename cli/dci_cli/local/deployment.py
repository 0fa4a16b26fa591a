"""A deployment in this process: tables, secrets, keys, a registry and two clients."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import boto3

from dci_cli.command_error import CommandError
from dci_cli.environment import environment
from dci_cli.installation import PROGRAM
from dci_cli.local import moto_engine
from dci_cli.local.claim import Claim, claimed
from dci_cli.local.data import LocalData
from dci_cli.local.handlers import load_handler
from dci_cli.local.kept_secrets import kept_secrets
from dci_cli.local.queues import QUEUE_URLS, create_queues
from dci_cli.local.request_metrics import STACK, counted_requests
from dci_cli.local.rotation import rotate, rotating
from dci_cli.local.stream_reader import Streams
from dci_cli.local.tables import add_indexes, create_tables, turn_on_streams
from dci_cli.local.unfinished import make_due
from dci_cli.local.workers import Handlers
from dci_cli.local_server import LocalEngine, published
from dci_cli.private_file import write_private
from dci_cli.template import Template
from dci_common.aws.services import MinimalSQS
from dci_common.clients.administration import Administration
from dci_common.clients.authentication import Authenticator, ClientSecret
from dci_common.clients.callback_registration import NewCallbacks
from dci_common.clients.changes import Caller
from dci_common.clients.log import OPERATOR
from dci_common.clients.model import Client
from dci_common.clients.registration import NewClient, register
from dci_common.clients.store import ClientStore
from dci_common.clients.views import Flags
from dci_common.errors import DomainError
from dci_common.runtime import Runtime
from dci_common.scopes import CLIENTS_MANAGE, PARTNER_SCOPES
from dci_common.settings import Settings

_TABLES = {
    "ClientsTable": "dci-clients",
    "RegistryTable": "dci-registry",
    "ExchangeTable": "dci-exchange",
    "AuditTable": "dci-audit",
}
_SECRET = "dci-signing-keys"  # noqa: S105 - the name of the secret, not its value
_MESSAGE_SECRET = "dci-message-keys"  # noqa: S105 - likewise
_CURSOR_SECRET = "dci-cursor-key"  # noqa: S105 - likewise
_CALLBACK_SECRETS = "dci/callbacks/"  # likewise, the beginning of names
_ROTATION, _DELIVERY = "RotationFunction", "DeliveryFunction"
_CHANGES, _AUDIT_INDEX = "ChangesFunction", "AuditIndexFunction"
CALLBACK_HOSTS = ("127.0.0.1", "localhost")  # this machine, where callbacks are plain HTTP
SENDER_ID = "test-client"


@dataclass(frozen=True, slots=True)
class Demo:
    """The two clients of a local deployment, and their secrets."""

    partner: Client
    partner_secret: str
    admin: Client
    admin_secret: str


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """A running deployment: its clients, how other commands reach its tables, and what its functions use.

    `is_demo` says that its registry is the demo registry.
    """

    demo: Demo
    engine: LocalEngine
    runtime: Runtime
    streams: Streams
    is_demo: bool


@contextmanager
def local_deployment(
    template: Template,
    issuer: str,
    data: LocalData,
    credentials: Path,
    callback_hosts: Sequence[str] = CALLBACK_HOSTS,
) -> Iterator[LocalDeployment]:
    """Run an embedded deployment, in the environment that template.yaml gives the functions.

    Callbacks reach `callback_hosts` over plain HTTP. Tables that the engine has kept are reused, and so are the
    clients of the file `credentials`. Raises SettingsError when an environment variable is not valid, CommandError
    when the engine does not run, or tables cannot be created or filled.
    """
    with (
        moto_engine.running(),
        data.running(issuer) as engine,
        environment(variables(issuer, callback_hosts) | {"STACK_NAME": STACK}),
        counted_requests(),
        kept_secrets(data.secrets_file, _CALLBACK_SECRETS),
    ):
        runtime = Runtime(Settings.from_env(os.environ))
        dynamodb, secrets_manager = boto3.client("dynamodb"), boto3.client("secretsmanager")
        kept = dynamodb.list_tables()["TableNames"]
        missing = {logical_id: name for logical_id, name in _TABLES.items() if name not in kept}
        create_tables(dynamodb, template.tables, missing)
        earlier = {name: _TABLES[name] for name in _TABLES.keys() - missing.keys()}
        add_indexes(dynamodb, template.tables, earlier)
        turn_on_streams(dynamodb, template.tables, earlier)
        audit = dynamodb.describe_table(TableName=_TABLES["AuditTable"])["Table"]
        os.environ["AUDIT_STREAM"] = audit.get("LatestStreamArn", "")
        secrets_manager.create_secret(Name=_CURSOR_SECRET, SecretString=secrets.token_urlsafe(32))
        create_queues(MinimalSQS(runtime.retry))
        rotation = load_handler(_handler(template, _ROTATION, "makes the signing keys"))
        for secret_id in (_SECRET, _MESSAGE_SECRET):
            secrets_manager.create_secret(Name=secret_id, SecretString="{}")
            rotate(rotation, secret_id)
        is_demo = data.fill(runtime)
        make_due(runtime)
        demo = _kept_demo(runtime, credentials) or _register_demo(runtime)
        with rotating(rotation), data.streams(runtime) as streams:
            yield LocalDeployment(demo, engine, runtime, streams, is_demo)


def load_handlers(template: Template) -> Handlers:
    """Return the handlers of the functions that no request calls. Raises CommandError."""
    return Handlers(
        delivery=load_handler(_handler(template, _DELIVERY, "answers asynchronous messages")),
        changes=load_handler(_handler(template, _CHANGES, "reports changes of the registry")),
        audit_index=load_handler(_handler(template, _AUDIT_INDEX, "indexes disclosures")),
    )


def _handler(template: Template, function: str, task: str) -> str:
    if function not in template.handlers:
        raise CommandError(f"The template has no function {function}, which {task}.")
    return template.handlers[function]


def claimed_credentials(path: Path) -> AbstractContextManager[Claim]:
    """Lock a credentials file, so that no other server replaces this one's clients in it. Raises CommandError."""
    advice = f"Stop it, or run {PROGRAM} serve with another --port and another --credentials FILE."
    return claimed(path.with_name(f"{path.name}.lock"), path, advice)


def announced(
    path: Path, base_url: str, deployment: LocalDeployment, sign_in: Mapping[str, str] = MappingProxyType({})
) -> AbstractContextManager[None]:
    """Write the credentials of both clients to this file, and let other commands find the deployment meanwhile.

    `sign_in` are the variables by which `dci login` finds the provider of people. Raises CommandError.
    """
    write_credentials(path, base_url, deployment.demo)
    tables = {name: value for name, value in variables(base_url).items() if name.endswith("_TABLE")}
    return published(path, deployment.engine, {**tables, **sign_in})


def write_credentials(path: Path, base_url: str, demo: Demo) -> None:
    """Write the credentials of both clients to a file that only this user can read. Raises CommandError."""
    content = {
        "base_url": base_url,
        "partner": _credentials(demo.partner, demo.partner_secret),
        "admin": _credentials(demo.admin, demo.admin_secret),
    }
    write_private(path, json.dumps(content, indent=2) + "\n")


def _credentials(client: Client, secret: str) -> dict[str, str]:
    return {"client_id": client.client_id, "client_secret": secret, "sender_id": client.sender_id}


def variables(issuer: str, callback_hosts: Sequence[str] = CALLBACK_HOSTS) -> dict[str, str]:
    """Return the functions' environment in a local deployment."""
    return {
        "CLIENTS_TABLE": _TABLES["ClientsTable"],
        "REGISTRY_TABLE": _TABLES["RegistryTable"],
        "EXCHANGE_TABLE": _TABLES["ExchangeTable"],
        "AUDIT_TABLE": _TABLES["AuditTable"],
        "AUDIT_STREAM": "",
        "SIGNING_KEYS_SECRET": _SECRET,
        "MESSAGE_KEYS_SECRET": _MESSAGE_SECRET,
        "CURSOR_SECRET": _CURSOR_SECRET,
        "CALLBACK_SECRETS": _CALLBACK_SECRETS,
        "CALLBACK_TEST_ORIGINS": ",".join(callback_hosts),
        **QUEUE_URLS,
        "ISSUER": issuer,
        "APPROVALS": os.environ.get("APPROVALS", "off"),  # a laptop has one person, who can be any of the demo's
        "POWERTOOLS_SERVICE_NAME": "dci",
        # The gateway writes a line for each request, which the functions' own lines would hide.
        "POWERTOOLS_LOG_LEVEL": os.environ.get("POWERTOOLS_LOG_LEVEL", "ERROR"),
    }


def _kept_demo(runtime: Runtime, path: Path) -> Demo | None:
    """Return the clients of an earlier run, if the credentials of both are still valid."""
    try:
        content = json.loads(path.read_text())
        partner, admin = (_kept(runtime, content[name]) for name in ("partner", "admin"))
    except (OSError, ValueError, KeyError, TypeError, DomainError):  # not a credentials file, or of other clients
        return None
    return Demo(*partner, *admin)


def _kept(runtime: Runtime, credentials: Mapping[str, str]) -> tuple[Client, str]:
    credential = ClientSecret(credentials["client_id"], credentials["client_secret"])
    return Authenticator(runtime).authenticate(credential, frozenset(), "127.0.0.1"), credential.secret


def _register_demo(runtime: Runtime) -> Demo:
    hosts = runtime.settings.callback_test_origins
    partner = NewClient(
        name="Demo partner",
        sender_id=SENDER_ID,
        scopes=PARTNER_SCOPES,
        disclosure=("full",),
        flags=Flags(asynchronous=True),
        callbacks=NewCallbacks(urls=tuple(f"http://{host}" for host in sorted(hosts))),  # at any port
    )
    admin = NewClient(name="Demo administrator", sender_id="administrator", scopes=(CLIENTS_MANAGE, "clients.read"))
    for client in ClientStore(runtime).page(1000, None)[0]:  # of an earlier run, whose secrets are lost
        if client.name in {partner.name, admin.name}:
            Administration(runtime).delete(Caller(OPERATOR), client.client_id)
    return Demo(*register(runtime, partner), *register(runtime, admin))
