"""The members of a client, as options of `dci clients create` and `update`."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dci_cli.clients.callback_options import PREFIX, URLS, add_callback_options, callbacks_of
from dci_cli.command_error import CommandError

_DEFAULT = "default"  # the value that takes a member back
_FLAGS = ("openspp17", "signature", "dialect", "restricted", "asynchronous")
_SIGNATURES = ("unsigned", "optional", "required", "ignore")
_DIALECTS = ("openspp2", "openg2p", "opencrvs")
_LISTS = ("scopes", "disclosure", "record_types", URLS)
_TEXTS = ("name", "sender_id")
_NUMBERS = ("token_lifetime", "requests_a_minute", "records_a_day", "open_exchanges", "notifications_a_minute")
_OPTIONS = {"sender_id", *_FLAGS, *_LISTS, *_NUMBERS, "jwks", "jwks_uri"}
# In the sentences of the API: keys and a part of callbacks or flags anywhere, another member only where one begins.
_MEMBER = re.compile(r"\b(callbacks|flags)\.([a-z_]+)(?:\.\d+)?|^([a-z_]+)(?:\.\d+)?\b|(?<= )(jwks(?:_uri)?)\b")
_NUMBER_OPTIONS = {
    "--token-lifetime": ("SECONDS", "how many seconds its tokens are valid"),
    "--requests-a-minute": ("NUMBER", "how many searches it may send in a minute; 0: no limit"),
    "--records-a-day": ("NUMBER", "how many records it may get in a day; 0: no limit"),
    "--open-exchanges": ("NUMBER", "how many asynchronous messages it may have unfinished; 0: no limit"),
    "--notifications-a-minute": ("NUMBER", "how many notifications it is sent in a minute; 0: no limit"),
}


def add_members(parser: argparse.ArgumentParser, *, are_new: bool) -> None:
    """Add an option for each member; a new client requires some of them."""
    parser.add_argument("--sender-id", required=are_new, metavar="ID", help="the sender_id of its messages")
    _add_list(parser, "--scopes", "SCOPE", "the scopes that its tokens may have", is_required=are_new)
    _add_list(
        parser, "--disclosure", "NAME", "the attributes that it may see, or names of sets of them; or `default`"
    )
    _add_list(parser, "--record-types", "TYPE", "the record types that it may search; or `default`, which is all")
    for option, (unit, about) in _NUMBER_OPTIONS.items():
        parser.add_argument(option, type=_number, metavar=unit, help=f"{about}; or `default`, the deployment's")
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument(
        "--jwks",
        type=Path,
        metavar="FILE",
        help="a JWK set with its public keys, for its signatures and for authentication with private_key_jwt",
    )
    keys.add_argument("--jwks-uri", metavar="URL", help="where it publishes the keys of its signatures")
    if not are_new:
        keys.add_argument("--no-jwks", action="store_true", help="remove its public keys")
    _add_flags(parser)
    add_callback_options(parser, _number)


def _add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--openspp17",
        action=argparse.BooleanOptionalAction,
        help="answer in OpenSPP 17's dialect by default, and serve its empty query: everybody",
    )
    parser.add_argument(
        "--restricted", action=argparse.BooleanOptionalAction, help="allow it to see restricted people"
    )
    parser.add_argument(
        "--asynchronous",
        action=argparse.BooleanOptionalAction,
        help="allow it to search asynchronously: it is answered by callbacks, or when it asks for the status",
    )
    parser.add_argument(
        "--signature",
        choices=_SIGNATURES,
        help="reject signed messages (unsigned), verify them (optional), also reject unsigned ones (required), or"
        " accept signed messages without verification (ignore)",
    )
    parser.add_argument("--dialect", choices=_DIALECTS, help="the form of its signatures")


def _add_list(
    parser: argparse.ArgumentParser, option: str, metavar: str, about: str, *, is_required: bool = False
) -> None:
    parser.add_argument(option, required=is_required, nargs="+", metavar=metavar, help=about)


def _number(text: str) -> int | str:
    try:
        return text if text == _DEFAULT else int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number, or `{_DEFAULT}`") from error


def take_subject(options: argparse.Namespace, name: str) -> str:
    """Return the argument NAME or CLIENT, also where it follows a list: argparse takes it as the list's last value.

    Raises CommandError when it is missing.
    """
    subject: str | None = getattr(options, name)
    if subject is not None:
        return subject
    lists = [
        found for each in _LISTS if len(found := getattr(options, each) or []) > 1 and not _is_known(each, found)
    ]
    if len(lists) != 1:
        raise CommandError(f"{name.upper()} is missing: give it before the options.")
    return str(lists[0].pop())


def members_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the members that were given, as the API accepts them; None is the default. Raises CommandError."""
    flags = {name: getattr(options, name) for name in _FLAGS if getattr(options, name) is not None}
    given = {name: getattr(options, name) for name in (*_TEXTS, *_NUMBERS) if getattr(options, name) is not None}
    listed = [name for name in _LISTS if name != URLS and getattr(options, name) is not None]
    lists = {name: _words(getattr(options, name)) for name in listed}
    defaults = {name: None for name, value in {**given, **lists}.items() if _is_default(name, value)}
    parts = {name: part for name, part in (("flags", flags), ("callbacks", callbacks_of(options, _DEFAULT))) if part}
    return {**given, **lists, **defaults, **parts, **_keys(options)}


@contextmanager
def errors_name_options() -> Iterator[None]:
    """Name the options that set the members in an error of the API. Raises CommandError."""
    try:
        yield
    except CommandError as error:
        raise CommandError(_MEMBER.sub(_option, str(error))) from error


def _option(found: re.Match[str]) -> str:
    parent, part, first, keys = found.groups()
    member = first or keys
    if member and member not in _OPTIONS:
        return found[0]
    name = f"{PREFIX}{part}" if parent == "callbacks" else part or member
    return f"--{name.replace('_', '-')}"


def _is_default(name: str, value: object) -> bool:
    return name not in _TEXTS and value in (_DEFAULT, [_DEFAULT])


def _words(values: list[str]) -> list[str]:
    """Return the words of a list, which may be separated by commas, or be in one argument."""
    return [word for value in values for word in re.split(r"[,\s]+", value) if word]


def _is_known(name: str, values: list[str]) -> bool:
    """Return whether the last value of a list is one that the member can have."""
    if name == URLS:
        return "://" in values[-1] or values[-1] == _DEFAULT
    return set(_words(values[-1:])) <= {*_known(name), _DEFAULT}


def _known(name: str) -> Collection[str]:
    # Imported where they are needed: they load the models.
    if name == "scopes":
        from dci_common.scopes import SCOPES  # noqa: PLC0415

        return {*SCOPES, *(scope.replace(".", "/") for scope in SCOPES)}
    if name == "disclosure":
        from dci_common.registries.social.disclosure import NAMES  # noqa: PLC0415

        return NAMES
    from dci_common.clients.model import RECORD_TYPES  # noqa: PLC0415

    return RECORD_TYPES


def _keys(options: argparse.Namespace) -> dict[str, Any]:
    """Return the members that hold its keys: inline or an address, of which one replaces the other."""
    if options.jwks:
        return {"jwks": _read_jwks(options.jwks), "jwks_uri": None}
    if options.jwks_uri is not None:
        return {"jwks": None, "jwks_uri": options.jwks_uri}
    return {"jwks": None, "jwks_uri": None} if getattr(options, "no_jwks", False) else {}


def _read_jwks(path: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(
            f'{path} is not JSON: give a JWK set of public keys, such as {{"keys": [...]}}.'
        ) from error
