"""Temporary changes of the process environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or remove them (None), and restore them at the end."""
    before = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(before)


def isolated(names: Iterable[str]) -> dict[str, str | None]:
    """Return the changes that hide the user's AWS profile, credentials, region and endpoints among these names."""
    return {
        **dict.fromkeys(name for name in names if name.startswith("AWS_")),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
