"""A lock on a file or folder that one server at a time uses."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dci_cli.command_error import CommandError

_MAX_HOLDER = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """A lock that this process holds until it ends, in whatever way."""

    _lock: TextIO

    def announce(self, base_url: str) -> None:
        """Record this process's URL, for another server that needs the same file or folder."""
        _write(self._lock, f"process {os.getpid()}, {base_url}")


@contextmanager
def claimed(lock: Path, place: Path, advice: str) -> Iterator[Claim]:
    """Claim `place` by a lock on the file `lock`, which is created with its folder, and deleted at the end.

    The operating system releases the lock when its holder is killed; a file without a lock is no claim. Raises
    CommandError, which names the server that holds the lock and ends with `advice`, or says why it cannot be locked.
    """
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _locked(lock)
    except _HeldError as error:
        raise CommandError(f"{place} is in use by another dci serve ({error}). {advice}") from error
    except OSError as error:
        raise CommandError(f"{place} cannot be used: {error.strerror}.") from error
    with file:
        _write(file, f"process {os.getpid()}")
        try:
            yield Claim(file)
        finally:
            lock.unlink(missing_ok=True)  # while it is locked: nobody else's file is deleted


class _HeldError(Exception):
    """Another process, which the message names, holds the lock."""


def _locked(lock: Path) -> TextIO:
    """Open and lock a file. Raises _HeldError or OSError."""
    file = os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(lock, file):
            return file
    except BlockingIOError as error:
        with file:
            raise _HeldError(file.read(_MAX_HOLDER)) from error
    except OSError:
        file.close()
        raise
    file.close()
    return _locked(lock)  # its last holder has deleted the file meanwhile


def _is_at(path: Path, file: TextIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _write(lock: TextIO, holder: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(holder)
    lock.flush()
