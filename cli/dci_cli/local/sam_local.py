"""`make sam-local`: the artifacts of `make build` in Lambda's own containers, with the demo registry.

`sam local` replaces API Gateway and Lambda, DynamoDB Local the tables, and moto's server the secrets.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from dci_cli.command_error import CommandError, report_errors
from dci_cli.installation import CHECKOUT, TEMPLATE
from dci_cli.local.data import LocalData
from dci_cli.local.deployment import announced, claimed_credentials, local_deployment, variables
from dci_cli.local.serve import free_port, on_stop, welcome
from dci_cli.template import read_template
from dci_common.settings import SettingsError

_SAM = CHECKOUT / ".venv-sam" / "bin" / "sam"
_BUILT = CHECKOUT / ".aws-sam" / "build" / "template.yaml"
_ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
_HOST = "host.docker.internal"  # this machine's name in a container
_START_SECONDS = 300  # the first run downloads the base image
_STOP_SECONDS = 60


def main() -> int:
    """Serve the artifacts on PORT; the argument is the credentials file."""
    return report_errors(lambda: sam_local(os.environ.get("PORT") or "3000", Path(sys.argv[1])))


def sam_local(port: str, credentials: Path, sam: Path = _SAM, built: Path = _BUILT) -> int:
    """Serve the artifacts on this port (0: a free one) until a signal ends it. Raises CommandError."""
    if not built.exists():
        raise CommandError("There are no artifacts: run make build first.")
    on_stop(_interrupt_once)
    base_url = f"http://127.0.0.1:{free_port(port)}"
    data = LocalData(engine="dynamodb-local", address=_address())
    data.check()
    try:
        with (
            claimed_credentials(credentials) as claim,
            local_deployment(read_template(TEMPLATE), base_url, data, credentials) as deployment,
            _secrets(data.address) as secrets,
            _environment(base_url, (deployment.engine.endpoint, secrets), data.address) as file,
            _containers(base_url, [sam, *_options(base_url, built, file)]) as process,
            announced(credentials, base_url, deployment),
        ):
            claim.announce(base_url)
            print(welcome(base_url, deployment, credentials, data), flush=True)
            process.wait()
            raise CommandError("sam local has ended: its output is above.")
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    return 0


def _interrupt_once(*_: object) -> None:
    on_stop(signal.SIG_IGN)  # a second signal must not leave containers behind
    raise KeyboardInterrupt


def _address() -> str:
    """Return the address at which containers reach servers of this machine, and nobody outside it does.

    It is the bridge's; 127.0.0.1 with Docker Desktop, which passes the containers' connections on to it.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise CommandError("make sam-local needs Docker: there is no command docker.")
    ask = [docker, "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise CommandError("make sam-local needs a running Docker engine: docker network inspect failed.")
    with socket.socket() as probe, suppress(OSError):
        probe.bind((done.stdout.strip(), 0))
        return done.stdout.strip()
    return "127.0.0.1"


@contextmanager
def _secrets(address: str) -> Iterator[str]:
    """Serve this process's Secrets Manager over HTTP, and yield the endpoint."""
    server = ThreadedMotoServer(address, port=0, verbose=False)
    server.start()
    try:
        yield f"http://{address}:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@contextmanager
def _environment(base_url: str, endpoints: tuple[str, str], address: str) -> Iterator[str]:
    """Write the functions' variables for a container into a file, and yield its name."""
    names = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SECRETS_MANAGER")
    in_container = {name: url.replace(address, _HOST) for name, url in zip(names, endpoints, strict=True)}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"Parameters": variables(base_url) | in_container}, file)
        file.flush()
        yield file.name


def _options(base_url: str, built: Path, environment: str) -> list[str | Path]:
    return [
        *("local", "start-api", "--template", built, "--port", base_url.rpartition(":")[2]),
        *("--env-vars", environment, "--parameter-overrides", f"Architecture={_ARCHITECTURE}"),
        *("--warm-containers", "LAZY"),  # a container starts at the first request of its function, and is kept
        *("--add-host", f"{_HOST}:host-gateway"),
        "--skip-pull-image",  # for an image that exists; a missing one is downloaded anyway
    ]


@contextmanager
def _containers(base_url: str, command: Sequence[str | Path]) -> Iterator[subprocess.Popen[bytes]]:
    """Start `sam local`, and yield its process when the API responds. Raises CommandError."""
    # In its own process group: Ctrl-C must not reach it, since it is stopped below, and then removes its containers.
    with subprocess.Popen(command, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}, process_group=0) as sam:  # noqa: S603
        try:
            _wait_for(base_url, sam)
            yield sam
        finally:
            sam.send_signal(signal.SIGINT)
            try:
                sam.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                sam.kill()


def _wait_for(base_url: str, sam: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while sam.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{base_url}/health", timeout=_START_SECONDS):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            error.close()
            raise CommandError(
                f"The functions do not work in their containers: /health returns {error.code}."
            ) from error
        except OSError:
            time.sleep(0.2)
    raise CommandError("sam local did not start: its output is above. It needs a running Docker engine.")


if __name__ == "__main__":
    sys.exit(main())
