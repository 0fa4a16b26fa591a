"""The local server that is running, as the other commands reach it: `--local`, and the file that the server writes.

A server writes the file beside its credentials when it is ready, and removes it when it stops. It contains the key of
the server's DynamoDB, so only its user can read it.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dci_cli.command_error import CommandError
from dci_cli.environment import environment, isolated
from dci_cli.installation import START, local_folder
from dci_cli.private_file import write_private

REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Where the DynamoDB of a local server listens, and the key that its requests must carry."""

    endpoint: str
    access_key_id: str


def add_local(parser: argparse.ArgumentParser) -> None:
    """Add `--local` and `--credentials`: both set `local` to the credentials file of a local server."""
    parser.add_argument(
        "--local",
        action="store_const",
        const=default_credentials(),
        help=f"work on the local server ({START}), without any other setting",
    )
    parser.add_argument(
        "--credentials",
        dest="local",
        type=Path,
        metavar="FILE",
        help="work on the local server that has this credentials file (default of --local: .local/credentials.json)",
    )


def default_credentials() -> Path:
    """Return the credentials file of a server that was given none."""
    return local_folder() / "credentials.json"


@contextmanager
def published(credentials: Path, engine: LocalEngine, variables: Mapping[str, str]) -> Iterator[None]:
    """Let other commands find the server with these credentials meanwhile. Raises CommandError.

    `variables` are those of the environment that name its tables, and the provider at which people sign in.
    """
    path = _engine_file(credentials)
    content = {"endpoint": engine.endpoint, "access_key_id": engine.access_key_id, "variables": dict(variables)}
    write_private(path, json.dumps(content, indent=2) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def local_environment(credentials: Path) -> Iterator[None]:
    """Set the variables by which every command finds the server with these credentials, and hide the user's own.

    Raises CommandError when no such server is running.
    """
    with environment(_variables(credentials)):
        yield


def _variables(credentials: Path) -> dict[str, str | None]:
    try:
        engine = json.loads(_engine_file(credentials).read_text())
        clients = json.loads(credentials.read_text())
        found = {
            **engine["variables"],
            "AWS_ENDPOINT_URL_DYNAMODB": engine["endpoint"],
            "AWS_ACCESS_KEY_ID": engine["access_key_id"],
            "DCI_API": clients["base_url"],
            "DCI_CLIENT_ID": clients["admin"]["client_id"],
            "DCI_CLIENT_SECRET": clients["admin"]["client_secret"],
            "DCI_SENDER_ID": clients["admin"]["sender_id"],
        }
        _check_listening(engine["endpoint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"No local server with the credentials file {credentials} is running: start it with {START}, or name the"
            " file of another with --credentials."
        ) from error
    others = dict.fromkeys(("DCI_PROFILE", "DCI_ISSUER", "DCI_APPLICATION"))
    fixed = {"AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION, **others}
    return {**isolated(os.environ), **fixed, **found}


def _check_listening(endpoint: str) -> None:
    """Raise OSError when nobody listens: botocore would try again for many seconds."""
    parts = urlsplit(endpoint)
    socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5).close()


def _engine_file(credentials: Path) -> Path:
    return credentials.with_name(f"{credentials.name}.engine")  # another file's has another name
