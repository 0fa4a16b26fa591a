"""Secrets and tokens that were given out, and whether they stand where they must not."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.stored_items import stored_items

if TYPE_CHECKING:
    pass

_TABLES = ("dci-clients", "dci-registry", "dci-exchange")
# Beside them, the API's description has placeholders in the place of clients' secrets.
_GIVEN_OUT = re.compile(r'"(access_token|client_secret(?=":"dcis_)|link)":"([^"]+)"')
_WINDOW = 20  # so much of a secret is one
_WINDOWS = re.compile(rf"(?=([\w+/=-]{{{_WINDOW}}}))", re.ASCII)  # all that might be, whatever characters it has


@dataclass
class Noted:
    """What the answers of a time gave out, as the beginnings of all its spellings; and what its errors said."""

    secrets: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def found_in(self, text: str) -> list[str]:
        """Return what stands in a text."""
        return sorted(self.secrets.intersection(_WINDOWS.findall(text)))


_listening: list[Noted] = []


@contextmanager
def noted() -> Iterator[Noted]:
    """Note what is answered meanwhile."""
    noted = Noted()
    _listening.append(noted)
    yield noted
    _listening.remove(noted)


def note(status: int, text: str) -> None:
    """Note an answer."""
    for noted in _listening:
        if status >= 400:
            noted.errors.append(text)
        for kind, secret in _GIVEN_OUT.findall(text):
            forms = [secret.rpartition(".")[2]] if kind == "access_token" else spellings(secret.rpartition("#")[2])
            noted.secrets |= {form[:_WINDOW] for form in forms}


def spellings(secret: str) -> list[str]:
    """Return the secret as it might be written: unchanged, without its prefix, in base64, in hex."""
    raw, short = secret.encode(), secret.removeprefix("dcis_")
    value = base64.urlsafe_b64decode(short + "=" * (-len(short) % 4))
    return [secret, short, base64.b64encode(raw).decode(), raw.hex(), value.hex(), base64.b64encode(value).decode()]


def tables() -> str:
    """Return everything that stands in the tables, as text."""
    found = (item for table in _TABLES for item in stored_items(table))
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in found)
