"""ministack, an emulator of AWS, which runs the built functions behind its API Gateway, without Docker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.events import ROOT

_PYTHON = ROOT / ".venv-ministack" / "bin" / "python"  # the runtime's own, with which it also runs the functions
_START_SECONDS = 60


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """Run the emulator on a free port of this machine alone, and yield its endpoint. Its log is `ministack.log`."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    variables = {
        **clean_environment(),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [_PYTHON, "-m", "ministack"], cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )
        endpoint = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{endpoint}/_ministack/health", process)
            yield endpoint
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # its functions are processes of its group
            process.wait()


def clean_environment() -> dict[str, str]:
    """Return this process's environment without settings of AWS and of the project."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DCI_", "SAM_"))}


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    last = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < last:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - the emulator's own
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("The emulator did not start: see ministack.log.")
