"""DynamoDB Local, AWS's emulator, which is stricter than moto. It needs Java and npm."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dci_cli.command_error import CommandError

# The package contains AWS's jar, which has a licence of its own: it is downloaded, and not kept in the repository.
# `make lock` updates the version and the hash, which is npm's dist.integrity.
_PACKAGE = "amplify-dynamodb-simulator"
_VERSION = "2.9.30"
_INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
_EMULATOR = "package/emulator/"
_START_SECONDS = 60


def fetch(folder: Path, integrity: str = _INTEGRITY) -> Path:
    """Return the emulator's jar, downloaded into a folder for its version in `folder` if it is missing.

    `integrity` is the package's SHA-512 in npm's form. Raises CommandError; then nothing is left in `folder`.
    """
    jar = folder / _VERSION / "DynamoDBLocal.jar"
    if jar.exists():
        return jar
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        packed = Path(scratch, _run("npm", "pack", "--silent", f"{_PACKAGE}@{_VERSION}", cwd=scratch).split()[-1])
        _verify(packed, integrity)
        with tarfile.open(packed) as archive:
            members = [member for member in archive if member.name.startswith(_EMULATOR)]
            archive.extractall(scratch, members, filter="data")
        shutil.rmtree(jar.parent, ignore_errors=True)
        Path(scratch, _EMULATOR).rename(jar.parent)
    return jar


def _verify(packed: Path, integrity: str) -> None:
    with packed.open("rb") as content:
        digest = hashlib.file_digest(content, "sha512").digest()
    if f"sha512-{base64.b64encode(digest).decode()}" != integrity:
        raise CommandError(
            f"{_PACKAGE}@{_VERSION}, which holds DynamoDB Local, was not installed: its content is not what this"
            " project was tested with (SHA-512 differs). Check the registry that npm uses (npm config get registry)."
        )


@contextmanager
def running(jar: Path, data: Path | None = None) -> Iterator[str]:
    """Run the engine on a free port, and yield its endpoint. Raises CommandError.

    It keeps its tables in the folder `data`; without one it is empty, and in memory.
    """
    java, port = program("java"), _free_port()
    place = _on_disk(data) if data else ["-inMemory"]
    options = [*place, "-sharedDb", "-disableTelemetry", "-port", str(port)]
    command = [java, "-Djava.library.path=DynamoDBLocal_lib", "-jar", jar.name, *options]
    # In its own process group: Ctrl-C must not stop it before the server.
    with subprocess.Popen(  # noqa: S603
        command, cwd=jar.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    ) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _on_disk(folder: Path) -> list[str]:
    """Return the options that keep tables in a folder."""
    # With a write-ahead log, which the file keeps as its mode, each write waits for the disk once, not several times.
    with closing(sqlite3.connect(folder / "shared-local-instance.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
    return ["-dbPath", str(folder.resolve())]


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise CommandError("DynamoDB Local did not start: it needs Java 17 or later (java -version).")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Return the path of a program that the engine needs. Raises CommandError when it is not installed."""
    found = shutil.which(name)
    if found is None:
        raise CommandError(f"DynamoDB Local needs {name}, which is not installed.")
    return found


def _run(name: str, *arguments: str, cwd: str | os.PathLike[str]) -> str:
    done = subprocess.run([program(name), *arguments], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise CommandError(f"{name} {arguments[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
