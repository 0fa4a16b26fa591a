"""DynamoDB Local, AWS's emulator, which is stricter than moto. It needs a JDK and npm."""

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
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from dci_cli.command_error import CommandError

# The package contains AWS's jar, which has a licence of its own: it is downloaded, and not kept in the repository.
# `make lock` updates the version and the hash, which is npm's dist.integrity.
_PACKAGE = "amplify-dynamodb-simulator"
_VERSION = "2.9.30"
_INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
_EMULATOR = "package/emulator/"
_START_SECONDS = 60
_LAUNCHER = Path(__file__).with_name("DynamoDBLocalAt.java")


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
            # Python before 3.11.4, such as Debian 12's, has no filters: the content was verified by its hash.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(scratch, members)  # noqa: S202 - see above
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
def running(jar: Path, data: Path | None = None, address: str = "127.0.0.1") -> Iterator[str]:
    """Run the engine on a free port of one address of this machine, and yield its endpoint. Raises CommandError.

    It keeps its tables in the folder `data`; without one it is empty, and in memory.
    """
    jar, port = jar.resolve(), _free_port(address)
    path = ["-Djava.library.path=DynamoDBLocal_lib", "-cp", os.pathsep.join([jar.name, str(_compiled(jar))])]
    command = [program("java"), *path, _LAUNCHER.stem]
    place = _on_disk(data) if data else ["-inMemory"]
    options = [address, *place, "-sharedDb", "-disableTelemetry", "-port", str(port)]
    # In its own process group: Ctrl-C must not stop it before the server.
    with subprocess.Popen(  # noqa: S603
        [*command, *options],
        cwd=jar.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    ) as process:
        try:
            _wait_for((address, port), process)
            yield f"http://{address}:{port}"
        finally:
            process.terminate()


def _compiled(jar: Path) -> Path:
    """Return the folder of the compiled launcher: compiling it at each start would take as long as the start."""
    source = _LAUNCHER.read_bytes()
    folder = jar.parent / f"launcher-{hashlib.sha256(source).hexdigest()[:12]}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=jar.parent) as scratch:
            _run("javac", "-cp", jar.name, "-d", scratch, str(_LAUNCHER), cwd=jar.parent)
            Path(scratch).chmod(0o755)
            with suppress(OSError):  # another process was faster
                Path(scratch).rename(folder)
            Path(scratch).mkdir(exist_ok=True)
    return folder


def _on_disk(folder: Path) -> list[str]:
    """Return the options that keep tables in a folder."""
    # With a write-ahead log, which the file keeps as its mode, each write waits for the disk once, not several times.
    with closing(sqlite3.connect(folder / "shared-local-instance.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
    return ["-dbPath", str(folder.resolve())]


def _wait_for(place: tuple[str, int], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(place) == 0:
                return
        time.sleep(0.1)
    raise CommandError("DynamoDB Local did not start: it needs a JDK, 17 or later (javac -version).")


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
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
