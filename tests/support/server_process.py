"""`dci serve`, and `make sam-local`, in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from support.api import Reply

_PATIENCE = 60  # seconds until a test fails; it does not wait that long
_END_OF_WELCOME = "json.tool --no-ensure-ascii\n"


@dataclass
class ServerProcess:
    """A running server. `log` is where it writes its errors and a line a request."""

    process: subprocess.Popen[str]
    base_url: str
    credentials_file: Path
    welcome: str
    log: Path

    @property
    def credentials(self) -> dict[str, Any]:
        """The credentials file."""
        content: dict[str, Any] = json.loads(self.credentials_file.read_text())
        return content

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Send a request; text goes as a form, an object as JSON."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.base_url}{path}", data, headers, method=method)  # noqa: S310
        if data is not None and not isinstance(body, str):
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return Reply(answer.status, dict(answer.headers), answer.read().decode(), {})
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), error.read().decode(), {})

    def token(self, who: str) -> Reply:
        """Get a token for the client `who` of the credentials file."""
        client = self.credentials[who]
        form = {"grant_type": "client_credentials", **{name: client[name] for name in ("client_id", "client_secret")}}
        return self.send("POST", "/oauth2/client/token", urlencode(form))

    def authorization(self, who: str) -> dict[str, str]:
        """Return the header of a request by the client `who`."""
        return {"Authorization": f"Bearer {self.token(who).json['access_token']}"}

    def stop(self, signal: int) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(signal)
        return self.process.wait(timeout=30)


def eventually(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def command(*arguments: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line and the environment of `dci`, run by this very Python."""
    return [sys.executable, "-m", "dci_cli", *arguments], os.environ | environment


@contextmanager
def dci_serve(folder: Path, *options: str, **environment: str) -> Iterator[ServerProcess]:
    """Run `dci serve` on a free port; its credentials are in `folder` where `make run` has them in a checkout."""
    credentials = folder / ".local" / "credentials.json"
    own = ("--port", "0", "--credentials", str(credentials))
    with running(*command("serve", *own, *options, **environment), credentials, folder / "log") as server:
        yield server


@contextmanager
def sam_local(folder: Path) -> Iterator[ServerProcess]:
    """Run what `make sam-local` runs, on a free port."""
    credentials = folder / ".local" / "credentials.json"
    arguments, variables = command(PORT="0")
    own = [*arguments[:-1], "dci_cli.local.sam_local", str(credentials)]
    with running(own, variables, credentials, folder / "log") as server:
        yield server


@contextmanager
def running(
    arguments: list[str], variables: dict[str, str], credentials: Path, log: Path, cwd: Path | None = None
) -> Iterator[ServerProcess]:
    """Run a server until it is no longer needed; `credentials` is the file that it writes."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            arguments, env=variables, cwd=cwd, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield _ready(process, credentials, log)
        finally:
            process.terminate()  # not killed: its engine may be a process of its own


def _ready(process: subprocess.Popen[str], credentials: Path, log: Path) -> ServerProcess:
    assert process.stdout is not None
    welcome = ""
    while not welcome.endswith(_END_OF_WELCOME):
        line = process.stdout.readline()
        assert line, log.read_text()
        welcome += line
    server = ServerProcess(process, json.loads(credentials.read_text())["base_url"], credentials, welcome, log)
    assert server.send("GET", "/health").status == 200
    return server
