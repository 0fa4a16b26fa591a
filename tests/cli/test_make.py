"""The commands of the README where they can not work: one line says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.events import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout in which nothing was installed yet."""
    for name in ("Makefile", "dci"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout, as a user's shell would."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(command, cwd=checkout, env=inherited, capture_output=True, text=True, check=False)


@pytest.fixture
def python_310(tmp_path: Path) -> str:
    """Return a Python that takes itself for 3.10."""
    python = tmp_path / "python3.10"
    pretend = "import sys; sys.version_info = (3, 10, 13); exec(sys.argv[1])"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{pretend}" "$2"\n')
    python.chmod(0o755)
    return str(python)


def without_makes_own(said: str) -> list[str]:
    """Return what was said, but for make's own remark that a target failed."""
    return [line for line in said.splitlines() if not line.startswith("make: ***")]


@pytest.mark.parametrize("target", ["run", "test"])
def test_an_old_python(checkout: Path, python_310: str, target: str) -> None:
    """An old Python is refused before anything is made, with a way out."""
    done = run(checkout, "make", target, f"PYTHON={python_310}")
    assert done.returncode == 2
    assert without_makes_own(done.stderr) == [
        f"Python 3.11 or later is needed, {python_310} is not: try make {target} PYTHON=python3.13"
    ]
    assert not (checkout / ".venv").exists()


def test_no_python(checkout: Path) -> None:
    """A Python that is not there is told in the same line."""
    done = run(checkout, "make", "run", "PYTHON=no-such-python")
    [line] = without_makes_own(done.stderr)
    assert line.startswith("Python 3.11 or later is needed, no-such-python is not")


def test_the_command_line_without_its_environment(checkout: Path) -> None:
    """`./dci` says which command installs what it needs."""
    done = run(checkout, "./dci", "serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dci: run 'make setup' once, it installs what this needs.\n"


def test_help_tells_of_the_commands(checkout: Path) -> None:
    """`make` alone lists what can be made."""
    done = run(checkout, "make")
    assert done.stdout == run(checkout, "make", "help").stdout
    assert {"run", "test", "check", "build", "clean"} <= {
        line.split()[1] for line in done.stdout.splitlines() if line
    }
