"""DynamoDB Local, AWS's own emulator: the second opinion on everything that moto lets pass. Needs Java and npm."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dci_cli.problem import Problem

# It bundles AWS's jar; the jar's licence is its own, so it is fetched and never kept in the repository.
_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
_EMULATOR = "package/emulator/"
_START_SECONDS = 60


def fetch(folder: Path) -> Path:
    """Return the emulator's jar, fetched into `folder` unless it is there. Raises Problem."""
    jar = folder / "DynamoDBLocal.jar"
    if jar.exists():
        return jar
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        packed = _run("npm", "pack", "--silent", _PACKAGE, cwd=scratch).split()[-1]
        with tarfile.open(Path(scratch, packed)) as archive:
            members = [member for member in archive if member.name.startswith(_EMULATOR)]
            archive.extractall(scratch, members, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        Path(scratch, _EMULATOR).rename(folder)
    return jar


@contextmanager
def running(jar: Path) -> Iterator[str]:
    """Run an empty engine in memory on a free port, and yield its endpoint. Raises Problem."""
    port = _free_port()
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    command = [_program("java"), "-Djava.library.path=DynamoDBLocal_lib", "-jar", jar.name, *options]
    with subprocess.Popen(command, cwd=jar.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Problem("DynamoDB Local did not start: it needs Java 17 or later (java -version).")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Problem(f"DynamoDB Local needs {name}, which is not installed.")
    return found


def _run(name: str, *arguments: str, cwd: str | os.PathLike[str]) -> str:
    done = subprocess.run([_program(name), *arguments], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Problem(f"{name} {arguments[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
