"""Asking before what can not be taken back."""

from __future__ import annotations

import sys

from dci_cli.command_error import CommandError


def confirm(act: str, done: str, *, assumed: bool) -> None:
    """Ask whether to do it, such as `Delete the person 1` (`deleted`). Raises CommandError when the answer is not yes."""
    if assumed:
        return
    print(f"{act}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError(f"Nothing was {done}: answer y, or use --yes.")
