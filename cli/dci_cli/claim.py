"""A place on disk that one server at a time uses."""

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
    """A place that is this process's until the process ends, however it ends."""

    _lock: TextIO

    def announce(self, base_url: str) -> None:
        """Record where this process serves, for whoever asks for the same place."""
        _write(self._lock, f"process {os.getpid()}, {base_url}")


@contextmanager
def claimed(lock: Path, place: Path, advice: str) -> Iterator[Claim]:
    """Claim `place` by locking the file `lock`, which is created if it is missing, with its folder.

    The operating system drops the lock when its holder is killed; the file stays, and does not count. Raises CommandError,
    which names the server that has the place and ends in `advice`, or says why there can be no lock.
    """
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise CommandError(f"{place} cannot be used: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"{place} is in use by another dci serve ({file.read(_MAX_HOLDER)}). {advice}"
            ) from error
        except OSError as error:
            raise CommandError(f"{place} cannot be used: {error.strerror}.") from error
        _write(file, f"process {os.getpid()}")
        yield Claim(file)


def _write(lock: TextIO, holder: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(holder)
    lock.flush()
