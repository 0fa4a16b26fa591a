"""The options by which `dci login` and `dci logout` find the API."""

from __future__ import annotations

import argparse

from dci_cli.local_server import add_local


def add_sign_in_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `connection_of` reads: no client, since a person signs in."""
    add_local(parser)
    parser.add_argument(
        "--profile", metavar="NAME", help="the profile with the API (default: DCI_PROFILE, or `default`)"
    )
    parser.add_argument(
        "--api", metavar="URL", help="the base URL of the API instead, the output BaseUrl of the stack (or DCI_API)"
    )
    parser.set_defaults(client_id=None, client_secret=None)
