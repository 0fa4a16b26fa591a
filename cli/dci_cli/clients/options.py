"""The members of a client, as options of `dci clients create` and `update`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from dci_cli.command_error import CommandError

_FLAGS = ("openspp17", "signature", "restricted")
_MEMBERS = (
    *("name", "sender_id", "scopes", "token_lifetime", "disclosure", "record_types"),
    *("requests_a_minute", "records_a_day"),
)


def add_members(parser: argparse.ArgumentParser, *, are_new: bool) -> None:
    """Add an option for each member; a new client requires some of them."""
    parser.add_argument("--sender-id", required=are_new, metavar="ID", help="the sender_id of its messages")
    parser.add_argument(
        "--scopes", required=are_new, nargs="+", metavar="SCOPE", help="the scopes that its tokens may have"
    )
    parser.add_argument("--token-lifetime", type=int, metavar="SECONDS", help="how many seconds its tokens are valid")
    parser.add_argument(
        "--disclosure",
        nargs="+",
        metavar="NAME",
        help="the attributes that it may see, or names of sets of attributes, such as full",
    )
    parser.add_argument("--record-types", nargs="+", metavar="TYPE", help="the record types that it may search")
    parser.add_argument(
        "--requests-a-minute",
        type=int,
        metavar="NUMBER",
        help="how many searches it may send in a minute; 0: no limit",
    )
    parser.add_argument(
        "--records-a-day", type=int, metavar="NUMBER", help="how many records it may get in a day; 0: no limit"
    )
    parser.add_argument(
        "--jwks",
        type=Path,
        metavar="FILE",
        help="a JWK set with its public keys, for authentication with private_key_jwt",
    )
    parser.add_argument(
        "--openspp17",
        action=argparse.BooleanOptionalAction,
        help="answer in OpenSPP 17's dialect by default, and serve its empty query: everybody",
    )
    parser.add_argument(
        "--restricted", action=argparse.BooleanOptionalAction, help="allow it to see restricted people"
    )
    parser.add_argument(
        "--signature",
        choices=("unsigned", "ignore"),
        help="reject signed messages (unsigned), or accept them without verification (ignore)",
    )


def members_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the members that were given, as the API accepts them. Raises CommandError."""
    flags = {name: getattr(options, name) for name in _FLAGS if getattr(options, name) is not None}
    given = {name: getattr(options, name) for name in _MEMBERS if getattr(options, name) is not None}
    return {**given, **({"flags": flags} if flags else {}), **(_keys(options.jwks) if options.jwks else {})}


def _keys(path: Path) -> dict[str, Any]:
    try:
        return {"jwks": json.loads(path.read_text(encoding="utf-8"))}
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{path} is not JSON.") from error
