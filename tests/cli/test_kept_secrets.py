"""The secrets for callbacks of a local server with `--data`: they last as long as its tables."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from dci_cli.command_error import CommandError
from dci_cli.local import moto_engine
from dci_cli.local.kept_secrets import kept_secrets
from dci_common.clients.callback_secrets import CallbackSecrets, NewCallbackSecret
from dci_common.runtime import Runtime
from dci_common.settings import Settings

PREFIX = "kept/secrets/"
OLD, NEW = (NewCallbackSecret(f"{number:08}-0000-4000-8000-000000000000", f"token-{number}") for number in (2, 1))


@pytest.fixture
def secrets() -> CallbackSecrets:
    """Return the secrets of a local deployment."""
    return CallbackSecrets(Runtime(Settings(callback_secrets=PREFIX)))


def value(client: str, **version: str) -> str:
    """Return a secret as the delivery function reads it."""
    return str(
        boto3.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}{client}", **version)["SecretString"]
    )


def test_secrets_survive_a_restart(tmp_path: Path, secrets: CallbackSecrets) -> None:
    """Each version of a secret is there again, the newest as the current one, and one that was deleted is not."""
    path = tmp_path / "secrets.json"
    with moto_engine.running(), kept_secrets(path, PREFIX):
        secrets.put("a", OLD)
        secrets.put("a", NEW)
        secrets.hold("b", OLD)
        secrets.drop("b", OLD.version)
        boto3.client("secretsmanager").create_secret(Name="of-another-kind", SecretString="{}")
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()).keys() == {f"{PREFIX}a"}
    for _ in range(2):
        with moto_engine.running(), kept_secrets(path, PREFIX):
            assert value("a") == NEW.value
            assert value("a", VersionId=OLD.version) == OLD.value


def test_nothing_is_written_without_a_folder(tmp_path: Path, secrets: CallbackSecrets) -> None:
    """Without a folder for its data, a server keeps secrets in memory alone."""
    with moto_engine.running(), kept_secrets(None, PREFIX):
        secrets.put("a", OLD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["{", "[]", '{"kept/secrets/a": {}}'])
def test_a_damaged_file_is_reported(tmp_path: Path, content: str) -> None:
    """A file that cannot be read is not taken for none, which the next change would replace."""
    path = tmp_path / "secrets.json"
    path.write_text(content)
    with (
        moto_engine.running(),
        pytest.raises(CommandError, match="cannot be read: restore it"),
        kept_secrets(path, PREFIX),
    ):
        pass
    assert path.read_text() == content
