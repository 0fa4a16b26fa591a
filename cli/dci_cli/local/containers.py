"""The functions in Lambda's own containers, which `sam local` runs."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dci_cli.command_error import CommandError
from dci_cli.local.workers import Handlers

if TYPE_CHECKING:
    from dci_common.runtime import Event

HOST = "host.docker.internal"  # this machine's name in a container
_ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
_START_SECONDS = 300  # the first run downloads the base image
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sam:
    """The program, the template that it has built, and the file with the functions' variables."""

    program: Path
    built: Path
    environment: str

    @contextmanager
    def running(self, command: str, url: str, ask: Callable[[], object]) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command of `sam local` at a URL, and yield its process when `ask` gets an answer.

        Raises CommandError.
        """
        program = [self.program, *self._options(command, url)]
        environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
        # In its own process group: Ctrl-C must not reach it. It is stopped below, and then removes its containers.
        with subprocess.Popen(program, env=environment, process_group=0) as sam:  # noqa: S603
            try:
                _wait_for(ask, sam)
                yield sam
            finally:
                sam.send_signal(signal.SIGINT)
                try:
                    sam.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    sam.kill()

    def _options(self, command: str, url: str) -> list[str | Path]:
        return [
            *("local", command, "--template", self.built, "--port", url.rpartition(":")[2]),
            *("--env-vars", self.environment, "--parameter-overrides", f"Architecture={_ARCHITECTURE}"),
            *("--warm-containers", "LAZY"),  # a container starts at the first request of its function, and is kept
            *("--add-host", f"{HOST}:host-gateway"),
            "--skip-pull-image",  # for an image that exists; a missing one is downloaded anyway
        ]


def _wait_for(ask: Callable[[], object], sam: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while sam.poll() is None and time.monotonic() < deadline:
        try:
            ask()
        except urllib.error.HTTPError as error:
            error.close()
            raise CommandError(
                f"The functions do not work in their containers: {urlsplit(error.url).path} returns {error.code}."
            ) from error
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise CommandError("sam local did not start: its output is above. It needs a running Docker engine.")


def check_health(base_url: str) -> None:
    """Raise OSError unless the API answers."""
    with urllib.request.urlopen(f"{base_url}/health", timeout=_START_SECONDS):  # noqa: S310
        pass


class Functions:
    """The functions that are called by other services than API Gateway, at a URL of `sam local start-lambda`."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Each has one container, which does one thing at a time.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def handlers(self) -> Handlers:
        """What calls them as if they were in this process."""
        names = ("DeliveryFunction", "ChangesFunction", "AuditIndexFunction")
        return Handlers(*(partial(self._call, name) for name in names))

    def _call(self, function: str, event: Event, _: object) -> dict[str, Any]:
        url = f"{self.url}/2015-03-31/functions/{function}/invocations"
        request = urllib.request.Request(url, json.dumps(event).encode())  # noqa: S310
        lock = self._locks[function]
        with lock, urllib.request.urlopen(request, timeout=_START_SECONDS) as answer:  # noqa: S310
            content: dict[str, Any] = json.load(answer)
        return content

    def sweep(self) -> None:
        """Call the delivery function as its schedule does. Raises CommandError when it fails."""
        if "batchItemFailures" not in self.handlers.delivery({}, None):
            raise CommandError("The delivery function does not work in its container: its output is above.")
