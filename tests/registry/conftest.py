"""Registries of a test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from dci_cli.local import dynamodb_local
from dci_cli.local.tables import create_tables
from support.commands import Commands, commands_on
from support.events import ROOT
from support.registries import tables
from support.registry_harness import Registry, registry_with

_PATIENT = Config(read_timeout=60, max_pool_connections=32)


@pytest.fixture
def registry(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return an empty registry."""
    with registry_with() as empty:
        yield empty


@pytest.fixture(scope="module")
def local_registry(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - keeps the user's AWS set-up away
    """Return an empty registry on DynamoDB Local."""
    jar = dynamodb_local.fetch(ROOT / ".local" / "dynamodb-local")
    with dynamodb_local.running(jar) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        create_tables(boto3.client("dynamodb"), tables(), {"AuditTable": os.environ["AUDIT_TABLE"]})
        with registry_with() as registry:
            # On a busy machine many writers wait longer for this engine than a function would for DynamoDB.
            vars(registry.runtime)["dynamodb"] = boto3.client("dynamodb", config=_PATIENT)
            yield registry


@pytest.fixture
def dci(registry: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Return `dci registry` on the test's registry."""
    return commands_on(registry, capsys, monkeypatch)
