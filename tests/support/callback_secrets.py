"""The secrets for callbacks in Secrets Manager, and clients that have one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from dci_common.clients.model import held_secret
from dci_common.clients.store import ClientStore
from support.call_trace import hooked

if TYPE_CHECKING:
    from support.api import Api

URLS = ["https://partner.example/dci"]
OAUTH = {"auth": "oauth", "token_url": "https://id.example/token", "client_id": "registry", "scope": "callbacks"}
SECRET = "s3cret-of-the-partner"
FORMER = "former-s3cret-of-the-partner"


def stored(client_id: str, **version: str) -> str | None:
    """Return what Secrets Manager has for a client, and lets others read."""
    secrets = boto3.client("secretsmanager")
    try:
        return str(secrets.get_secret_value(SecretId=f"dci/callbacks/{client_id}", **version)["SecretString"])
    except (secrets.exceptions.ResourceNotFoundException, secrets.exceptions.InvalidRequestException):
        return None


def in_use(api: Api, client_id: str) -> str | None:
    """Return the secret that the delivery uses for a client, by its registration."""
    version = ClientStore(api.runtime).get(client_id).callbacks.secret_version
    names = (client_id, held_secret(client_id, version)) if version else ()
    return next(filter(None, (stored(name, VersionId=version) for name in names)), None)


def secrets_for_callbacks() -> set[str]:
    """Return the names of all secrets for callbacks, with those that are to be deleted."""
    pages = boto3.client("secretsmanager").get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    names = {secret["Name"] for page in pages for secret in page["SecretList"]}
    return {name for name in names if name.startswith("dci/callbacks/")}


@contextmanager
def failing(api: Api, *operations: str) -> Iterator[None]:
    """Have Secrets Manager reject operations."""

    def fail(operation: str, _: Any) -> None:
        if operation in operations:
            raise ClientError({"Error": {"Code": "InternalServiceError", "Message": SECRET}}, operation)

    with hooked(api.runtime, fail):
        yield
