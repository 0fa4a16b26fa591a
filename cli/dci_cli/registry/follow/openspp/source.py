"""OpenSPP's database as a source: each snapshot is a connection of its own, and one transaction that only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp.connection import transaction
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.snapshot import OpenSppSnapshot

_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,80}")


class OpenSpp:
    """A database of OpenSPP 17 or OpenSPP2. `url` is an address of PostgreSQL; a standby will do."""

    def __init__(self, url: str, options: Options) -> None:
        """Connect to nothing yet. Raises CommandError when an option is wrong."""
        if not _PREFIX.fullmatch(options.prefix):
            raise CommandError("The prefix of ids may hold A-Z, a-z, 0-9, dots, underscores and hyphens.")
        self._url, self._options = url, options

    @contextmanager
    def snapshot(self) -> Iterator[OpenSppSnapshot]:
        """Return the database as it is now. Raises SourceUnavailable, CommandError."""
        with transaction(self._url) as tx:
            yield OpenSppSnapshot(tx, self._options)
