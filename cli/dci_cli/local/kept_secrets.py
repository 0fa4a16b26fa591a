"""The partners' secrets for callbacks, which moto holds in memory: kept in a file beside the tables with `--data`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from moto.secretsmanager.models import SecretsManagerBackend

from dci_cli.command_error import CommandError
from dci_cli.private_file import write_private

_CHANGES = ("create_secret", "put_secret_value", "delete_secret")
_CURRENT = "AWSCURRENT"


@contextmanager
def kept_secrets(path: Path | None, prefix: str) -> Iterator[None]:
    """Restore the secrets whose names begin with a prefix from a file, and keep each change of them meanwhile.

    Only this user can read the file. Without a path nothing is kept. Raises CommandError.
    """
    if path is None:
        yield
        return
    _restore(path)
    with ExitStack() as stack:
        for name in _CHANGES:
            change = getattr(SecretsManagerBackend, name)
            stack.enter_context(patch.object(SecretsManagerBackend, name, _kept(change, path, prefix)))
        yield


def _kept(change: Callable[..., Any], path: Path, prefix: str) -> Callable[..., Any]:
    @wraps(change)
    def change_and_keep(backend: SecretsManagerBackend, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - moto's
        result = change(backend, *arguments, **named)
        secrets = {name: _values(secret) for name, secret in _secrets(backend).items() if name.startswith(prefix)}
        write_private(path, json.dumps(secrets, indent=2) + "\n")
        return result

    return change_and_keep


def _secrets(backend: SecretsManagerBackend) -> dict[str, Any]:
    return {secret.name: secret for secret in backend.secrets.values()}


def _values(secret: Any) -> dict[str, str]:  # noqa: ANN401 - moto's
    """Return the values of a secret by their versions, the current one last."""
    versions = sorted(secret.versions.items(), key=lambda version: _CURRENT in version[1]["version_stages"])
    return {version_id: version["secret_string"] for version_id, version in versions}


def _restore(path: Path) -> None:
    secrets_manager = boto3.client("secretsmanager")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        for name, values in kept.items():
            (first, value), *later = values.items()
            secrets_manager.create_secret(Name=name, ClientRequestToken=first, SecretString=value)
            for version, value in later:
                secrets_manager.put_secret_value(SecretId=name, ClientRequestToken=version, SecretString=value)
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError) as error:
        raise CommandError(f"{path} cannot be read: restore it, or delete it and give the secrets again.") from error
