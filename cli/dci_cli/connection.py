"""Which API a command speaks to, and as which client: from the options, the environment, or a profile.

All of it comes from one source, so that a secret is never sent to the server of another.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import NamedTuple

from dci_cli.command_error import CommandError
from dci_cli.profiles import DEFAULT, read_profile

_MEMBERS = ("api", "client_id", "client_secret")


class Connection(NamedTuple):
    """The base URL of an API, and the client that sends the requests; it may be empty."""

    api: str
    client_id: str
    client_secret: str


def connection_of(options: argparse.Namespace) -> Connection:
    """Return the first that is given: options, `--profile`, the environment, DCI_PROFILE, the default profile.

    Raises CommandError when none is, or when the first one has no URL.
    """
    given = {name: getattr(options, name) for name in _MEMBERS}
    is_given = any(value is not None for value in given.values())  # an empty one is a mistake, not the next source
    if options.local and (is_given or options.profile is not None):
        raise CommandError(
            "--local names the API and the client: leave out --profile, --api, --client-id and --client-secret."
        )
    if is_given and options.profile is not None:
        raise CommandError("Give either --profile, or --api with --client-id and --client-secret.")
    if is_given:
        return _complete(given, "--api")
    if options.profile is not None:
        return Connection(**read_profile(options.profile))
    variables = {name: os.environ.get(f"DCI_{name.upper()}") for name in _MEMBERS}
    if any(variables.values()):
        return _complete(variables, "DCI_API")
    return Connection(**read_profile(os.environ.get("DCI_PROFILE") or DEFAULT))


def is_for_people(options: argparse.Namespace, connection: Connection) -> bool:
    """Return whether a person who is signed in sends the requests, in place of the connection's client.

    A client that options or variables name was chosen for this very command, and one of a profile or of the local
    server was not.
    """
    if options.local is not None or not connection.client_id or (options.profile is not None and not options.api):
        return True
    return not options.api and not os.environ.get("DCI_API")


def _complete(given: Mapping[str, str | None], url: str) -> Connection:
    if not given["api"]:
        raise CommandError(
            f"The API's URL is missing: give {url} beside the client, as in https://registry.example.org."
        )
    return Connection(*(given[name] or "" for name in _MEMBERS))
