"""The callbacks of a client, as options of `dci clients create` and `update`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from dci_cli.terminal import ask

URLS = "callback_urls"
PREFIX = "callback_"
_MEMBERS = (
    "urls",
    "default_url",
    "auth",
    "token_url",
    "client_id",
    "scope",
    "max_bytes",
    "notify_url",
    "notify_spelling",
    "notify_records",
)
_TEXTS = {
    "--callback-default-url": ("URL", "where results go if a message names no address"),
    "--callback-notify-url": ("URL", "where notifications go, if not to the address of their subscription"),
    "--callback-token-url": ("URL", "where this registry gets its access token for callbacks (oauth)"),
    "--callback-client-id": ("ID", "this registry's client id at that URL (oauth)"),
    "--callback-scope": ("SCOPES", "the scopes of this token, separated by spaces (oauth)"),
}


def add_callback_options(parser: argparse.ArgumentParser, number: Callable[[str], int | str]) -> None:
    """Add an option for each member. The secret is asked for, since other users can see options."""
    parser.add_argument(
        "--callback-urls",
        nargs="+",
        metavar="URL",
        help="the addresses, or beginnings of them, to which its results may go; or `default`, which is none",
    )
    for option, (metavar, about) in _TEXTS.items():
        parser.add_argument(option, metavar=metavar, help=f"{about}; an empty one removes it")
    parser.add_argument(
        "--callback-auth",
        choices=("none", "bearer", "oauth"),
        help="authenticate callbacks with a token that the partner gave (bearer), or one from its token URL (oauth)",
    )
    parser.add_argument(
        "--callback-secret",
        action="store_true",
        help="ask for the bearer token or client secret that the partner gave, or read it from standard input",
    )
    parser.add_argument(
        "--callback-max-bytes",
        type=number,
        metavar="NUMBER",
        help="the size of its largest callback; or `default`, which is 900000",
    )
    parser.add_argument(
        "--callback-notify-spelling",
        choices=("2025-12", "2026-02", "default"),
        help="the generation of the standard whose names of event types its notifications have; 2025-12 by default",
    )
    parser.add_argument(
        "--callback-notify-records",
        choices=("object", "list", "default"),
        help="whether reg_records of a notification is a record or a list; by default as in that generation",
    )


def callbacks_of(options: argparse.Namespace, default: str) -> dict[str, Any]:
    """Return the members that were given, as the API accepts them; those that are `default` are None.

    Raises CommandError when the secret is missing.
    """
    found = {name: getattr(options, f"{PREFIX}{name}") for name in _MEMBERS}
    given = {
        name: None if value in (default, [default]) else value for name, value in found.items() if value is not None
    }
    return (
        {**given, "secret": ask("The secret for callbacks: ", is_secret=True)} if options.callback_secret else given
    )
