"""The commands of the README and the scripts behind them: where they cannot work, one line says what to do."""

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
    (tmp_path / "scripts").mkdir()
    for name in ("Makefile", "dci", "pyproject.toml", "scripts/link-sources", "scripts/python313", "scripts/uv"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout, as a user's shell would."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        command, cwd=checkout, env=inherited | environment, capture_output=True, text=True, check=False
    )


def python_of(version: tuple[int, int, int], path: Path) -> str:
    """Make a Python that takes itself for another version."""
    pretend = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
    return script(path, f'exec {sys.executable} -c "{pretend}" "$2"')


def script(path: Path, content: str) -> str:
    """Write a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{content}\n")
    path.chmod(0o755)
    return str(path)


def without_makes_own(said: str) -> list[str]:
    """Return what was said, but for make's own remark that a target failed."""
    return [line for line in said.splitlines() if not line.startswith("make: ***")]


@pytest.mark.parametrize("target", ["run", "test"])
def test_an_old_python_is_rejected(checkout: Path, target: str) -> None:
    """An old Python is rejected before anything is created, with a way out."""
    old = python_of((3, 10, 13), checkout / "python3.10")
    done = run(checkout, "make", target, f"PYTHON={old}")
    assert done.returncode == 2
    assert without_makes_own(done.stderr) == [
        f"Python 3.11 or later is needed, {old} is not: try make {target} PYTHON=python3.13"
    ]
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("lacking", ["ensurepip", "venv"])
def test_a_missing_venv_module_is_reported(checkout: Path, lacking: str) -> None:
    """A Python without venv, or without the pip that it needs, is rejected with the package that Debian has it in."""
    pretend = f"import sys; sys.modules['{lacking}'] = None; exec(sys.argv[1])"
    python = script(checkout / "python3.11", f'exec {sys.executable} -c "{pretend}" "$2"')
    done = run(checkout, "make", "run", f"PYTHON={python}")
    assert (done.returncode, done.stdout) == (2, "")
    assert without_makes_own(done.stderr) == [
        f"{python} lacks its module venv: install it (on Debian and Ubuntu: apt install python3-venv)."
    ]
    assert not (checkout / ".venv-uv").exists()


@pytest.mark.parametrize("gone", [".venv", ".venv-uv"])
def test_an_environment_without_its_python_is_created_again(checkout: Path, gone: str) -> None:
    """An environment whose Python was removed from the machine is created again by the next command that needs it."""
    for environment, stamp in ((".venv-uv", "uv"), (".venv", "sources"), (".venv", "run")):
        script(checkout / environment / "bin" / "python", "exit 0")
        (checkout / environment / f"{stamp}.stamp").touch()
    assert run(checkout, "make", "setup").stdout == "make: Nothing to be done for 'setup'.\n"
    (checkout / gone / "bin" / "python").unlink()
    (checkout / gone / "bin" / "python").symlink_to("/no/such/python")
    done = run(checkout, "make", "setup", "PYTHON=true")
    assert f"Setting up {gone} ..." in done.stdout
    assert "Nothing to be done" not in done.stdout


def test_a_missing_python_is_reported(checkout: Path) -> None:
    """A Python that does not exist is reported in the same line."""
    done = run(checkout, "make", "run", "PYTHON=no-such-python")
    [line] = without_makes_own(done.stderr)
    assert line.startswith("Python 3.11 or later is needed, no-such-python is not")


def test_dci_without_its_environment_names_the_command(checkout: Path) -> None:
    """`./dci` says which command installs what it needs."""
    done = run(checkout, "./dci", "serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dci: run 'make setup' once, it installs what this needs.\n"


NOWHERE = {"PATH": "/no/such/folder", "PYENV_ROOT": "/no/such/folder", "PYTHON313": ""}


def test_a_missing_python_313_is_reported(checkout: Path) -> None:
    """Without a Python 3.13 the build says in one line what it needs."""
    done = run(checkout, "scripts/python313", **NOWHERE)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The build needs Python 3.13, the functions' version: install it, or set PYTHON313 to its path.\n"
    )


@pytest.mark.parametrize("known_to", ["PYTHON313", "PATH", "PYENV_ROOT"])
def test_python_313_is_found(checkout: Path, known_to: str) -> None:
    """Python 3.13 is found by its setting, on PATH or among pyenv's; a shim that does not work is skipped."""
    script(checkout / "shims" / "python3.13", "exit 127")
    places = {"PYTHON313": "here/python3.13", "PATH": "python3.13", "PYENV_ROOT": "versions/3.13.9/bin/python3.13"}
    python = python_of((3, 13, 9), checkout / known_to / places[known_to])
    value = {"PYTHON313": python, "PATH": str(checkout / "PATH"), "PYENV_ROOT": str(checkout / "PYENV_ROOT")}[
        known_to
    ]
    shims = {"PATH": str(checkout / "shims")} if known_to != "PATH" else {}
    done = run(checkout, "scripts/python313", **NOWHERE | shims | {known_to: value})
    assert (done.returncode, done.stdout) == (0, f"{Path(sys.executable).resolve()}\n")


def test_make_lists_its_commands(checkout: Path) -> None:
    """`make` alone lists what can be made."""
    done = run(checkout, "make")
    assert done.stdout == run(checkout, "make", "help").stdout
    assert {"run", "test", "check", "build", "clean"} <= {
        line.split()[1] for line in done.stdout.splitlines() if line
    }


def synchronised(checkout: Path, *command: str) -> list[str]:
    """Return the lock files that a command would install, without running it."""
    done = run(checkout, "make", "--dry-run", *command)
    assert done.returncode == 0
    return [word for line in done.stdout.splitlines() if "pip sync" in line for word in line.split()[-1:]]


@pytest.mark.parametrize(
    ("command", "locks"),
    [
        ("run", ["run"]),
        ("test", ["dev"]),
        ("build", ["sam"]),
        ("deploy", ["run", "sam"]),
        ("validate", ["sam", "checkov"]),
        ("deployed", ["dev", "sam", "ministack"]),
    ],
)
def test_a_command_installs_what_it_needs(checkout: Path, command: str, locks: list[str]) -> None:
    """Each command installs what it needs and no more: those who run or deploy the API get no test tools."""
    assert synchronised(checkout, command) == [f"requirements/{lock}.txt" for lock in locks]


def test_deploying_checks_aws_before_it_builds(checkout: Path) -> None:
    """What is missing for AWS ends `make deploy` before anything is built."""
    for environment, stamps in ((".venv-uv", ("uv",)), (".venv", ("run",)), (".venv-sam", ("sam",))):
        script(checkout / environment / "bin" / "python", 'echo "$@" >>called; exit 2')
        for stamp in ("sources", *stamps):
            (checkout / environment / f"{stamp}.stamp").touch()
    script(checkout / ".venv-sam" / "bin" / "sam", "echo sam >>called")
    assert run(checkout, "make", "deploy", "ENV=test").returncode == 2
    assert (checkout / "called").read_text() == "-m dci_cli.deploy test\n"


def test_running_leaves_the_test_tools_installed(checkout: Path) -> None:
    """Where the tests' packages were installed, a new lock file for running does not remove them."""
    for environment, stamp in ((".venv-uv", "uv"), (".venv", "dev")):
        script(checkout / environment / "bin" / "python", "exit 0")
        (checkout / environment / f"{stamp}.stamp").touch()
    assert synchronised(checkout, "run") == ["requirements/dev.txt"]


CONFIGURED = """\
:env:.cert='/etc/own.pem'
:env:.index-url='https://mirror.example.org/simple'
global.cert='/etc/other.pem'
global.index-url='https://other.example.org/simple'
"""


@pytest.mark.parametrize(
    ("configured", "environment", "reached"),
    [
        ("", {}, ""),
        (CONFIGURED, {}, "https://mirror.example.org/simple /etc/own.pem"),
        ("install.index-url='https://other.example.org/simple'\n", {}, "https://other.example.org/simple"),
        (
            "global.extra-index-url='https://a.example.org https://b.example.org'\n",
            {},
            "https://a.example.org https://b.example.org unsafe-best-match",
        ),
        (
            CONFIGURED + "global.extra-index-url='\\nhttps://a.test\\nhttps://b.test'\n",
            {},
            "https://mirror.example.org/simple https://a.test https://b.test unsafe-best-match /etc/own.pem",
        ),
        ("global.extra-index-url='https://a.example.org'\n", {"UV_INDEX": "https://own"}, "https://own"),
        (
            CONFIGURED,
            {"UV_DEFAULT_INDEX": "https://uv.example.org", "SSL_CERT_FILE": "/uv.pem"},
            "https://uv.example.org /uv.pem",
        ),
    ],
)
def test_uv_reaches_what_pip_reaches(
    checkout: Path, configured: str, environment: dict[str, str], reached: str
) -> None:
    """The indexes and certificates that pip is configured with are uv's too, unless uv has its own settings."""
    (checkout / "configured").write_text(configured)
    script(checkout / ".venv-uv" / "bin" / "python", f'[ "$*" = "-m pip config list" ] && cat {checkout}/configured')
    script(
        checkout / ".venv-uv" / "bin" / "uv",
        'echo "$@" $UV_DEFAULT_INDEX $UV_INDEX $UV_INDEX_STRATEGY $SSL_CERT_FILE',
    )
    read = (
        "UV_DEFAULT_INDEX",
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_INDEX_STRATEGY",
        "SSL_CERT_FILE",
    )
    done = run(checkout, "scripts/uv", "pip", **dict.fromkeys(read, "") | environment)
    assert (done.stdout, done.returncode) == (" ".join(["pip", *reached.split()]) + "\n", 0)


def test_further_indexes_do_not_count_in_lock_files(checkout: Path) -> None:
    """Releases are locked from the main index alone: a further one may lack files, whose hashes would be missing."""
    configured = "global.extra-index-url='https://a.test'\nglobal.index-url='https://b.test'\n"
    (checkout / "configured").write_text(configured)
    script(checkout / ".venv-uv" / "bin" / "python", f"cat {checkout}/configured")
    script(checkout / ".venv-uv" / "bin" / "uv", 'echo "$@" $UV_DEFAULT_INDEX $UV_INDEX $UV_INDEX_STRATEGY')
    without = dict.fromkeys(("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"), "")
    assert run(checkout, "scripts/uv", "pip", "compile", **without).stdout == "pip compile https://b.test\n"
    assert run(checkout, "scripts/uv", "pip", "sync", **without).stdout == (
        "pip sync https://b.test https://a.test unsafe-best-match\n"
    )
