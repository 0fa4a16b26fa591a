"""Files that only their user can read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dci_cli.command_error import CommandError


def read_private(path: Path) -> str:
    """Return the content of a file; nothing if it is missing.

    Raises CommandError when it cannot be read, or when other users could have read or changed it, and ValueError when
    it is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise CommandError(f"Other users can read {path}, which holds secrets: run `chmod 600 {path}`.")
            return file.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def write_private(path: Path, content: str) -> None:
    """Write or replace a file, with mode 0600; a missing folder is created with mode 0700. Raises CommandError.

    The complete file is written into a folder that only its owner can read, and then replaces the former.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            written = Path(folder) / path.name
            written.touch(mode=0o600)
            written.write_text(content, encoding="utf-8")
            written.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
