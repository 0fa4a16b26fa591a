"""The programs in examples/, run as a partner runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from shutil import which
from typing import TYPE_CHECKING

import pytest

from support.events import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = ROOT / "examples"
Run = subprocess.CompletedProcess[str]


def command(program: str) -> list[str]:
    """Return how a program of the folder is started. Skips the test when node is missing, but not in `make check`."""
    if program.endswith(".py"):
        return [sys.executable, str(FOLDER / program)]
    node = which("node")
    if node is None and os.environ.get("DCI_BUILT") != "1":
        pytest.skip("node is missing")
    assert node, "node is missing"
    return [node, str(FOLDER / program)]


def run(program: str, *arguments: str, folder: Path | None = None, variables: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end."""
    return subprocess.run(
        [*command(program), *arguments],
        cwd=folder,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
