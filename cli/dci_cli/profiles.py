"""The profiles of an operator: a file with the URL of each API, and the client for its requests.

It is `dci/profiles.ini` in XDG_CONFIG_HOME, or in `~/.config`. It holds secrets, so only its owner may read it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from configparser import ConfigParser, Error
from io import StringIO
from pathlib import Path

from dci_cli.command_error import CommandError
from dci_cli.private_file import read_private, write_private

DEFAULT = "default"
_MEMBERS = ("api", "client_id", "client_secret")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def read_profile(name: str) -> dict[str, str]:
    """Return a profile. Raises CommandError when it is missing, or when other users could have read or changed it."""
    profiles = _read()
    if not profiles.has_section(name):
        named = "" if name == DEFAULT else f" --profile {name}"
        raise CommandError(
            f"No API is configured as `{name}`: run `dci configure{named}`, or give --api, DCI_API or --local."
        )
    found = {member: profiles.get(name, member, fallback="") for member in _MEMBERS}
    if not found["api"]:
        raise CommandError(f"The profile {name} in {_path()} has no api: run `dci configure --profile {name}`.")
    return found


def write_profile(name: str, profile: Mapping[str, str]) -> Path:
    """Write or replace a profile, and return the path of the file. Raises CommandError."""
    check_name(name)
    if not all(value.isprintable() for value in profile.values()):
        raise CommandError("The URL, the client's id and its secret must be printable and on one line.")
    profiles = _read()
    profiles[name] = dict(profile)
    path, content = _path(), StringIO()
    profiles.write(content)
    write_private(path, content.getvalue())
    return path


def check_name(name: str) -> None:
    """Raise CommandError unless a profile may have this name."""
    if not _NAME.fullmatch(name):
        raise CommandError("The profile's name must have letters, digits, `.`, `_` and `-` only.")


def has_profile(name: str) -> bool:
    """Return whether there is a profile of this name. Raises CommandError."""
    return _read().has_section(name)


def settings_folder() -> Path:
    """Return the folder of the file, and of other private files of the operator."""
    home = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".config") / "dci"  # as its specification says


def _path() -> Path:
    return settings_folder() / "profiles.ini"


def _read() -> ConfigParser:
    """Return the profiles; none when there is no file. Raises CommandError."""
    profiles, path = ConfigParser(interpolation=None, default_section=""), _path()
    try:
        profiles.read_string(read_private(path))
    except (Error, ValueError) as error:  # also one that is not UTF-8
        raise CommandError(f"{path} is not a valid file of profiles: correct it, or delete it.") from error
    return profiles
