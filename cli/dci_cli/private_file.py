"""Files that only their user can read."""

from __future__ import annotations

import os
from pathlib import Path

from dci_cli.command_error import CommandError


def write_private(path: Path, content: str) -> None:
    """Write a file with mode 0600; a missing folder is created with mode 0700. Raises CommandError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # an older file may have another mode
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
