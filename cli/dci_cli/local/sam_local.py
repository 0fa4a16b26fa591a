"""`make sam-local`: the artifacts of `make build` in Lambda's own containers, with the demo registry.

`sam local` replaces API Gateway and Lambda, DynamoDB Local the tables, and moto's server the secrets and the queues.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from ipaddress import ip_network
from pathlib import Path

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from dci_cli.command_error import CommandError, report_errors
from dci_cli.installation import CHECKOUT, TEMPLATE
from dci_cli.local.containers import HOST, Functions, Sam, check_health
from dci_cli.local.data import LocalData
from dci_cli.local.deployment import (
    CALLBACK_HOSTS,
    announced,
    claimed_credentials,
    local_deployment,
    variables,
)
from dci_cli.local.serve import free_port, on_stop, welcome
from dci_cli.local.workers import working
from dci_cli.template import read_template
from dci_common.settings import SettingsError

_SAM = CHECKOUT / ".venv-sam" / "bin" / "sam"
_BUILT = CHECKOUT / ".aws-sam" / "build" / "template.yaml"
_GATEWAY_OR_SUBNET = "{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}"


def main() -> int:
    """Serve the artifacts on PORT; the argument is the credentials file."""
    return report_errors(lambda: sam_local(os.environ.get("PORT") or "3000", Path(sys.argv[1])))


def sam_local(port: str, credentials: Path, sam: Path = _SAM, built: Path = _BUILT) -> int:
    """Serve the artifacts on this port (0: a free one) until a signal ends it. Raises CommandError."""
    if not built.exists():
        raise CommandError("There are no artifacts: run make build first.")
    on_stop(_interrupt_once)
    base_url = f"http://127.0.0.1:{free_port(port)}"
    functions = Functions(f"http://127.0.0.1:{free_port('0')}")
    data = LocalData(engine="dynamodb-local", address=bridge_address())
    data.check()
    hosts = (*CALLBACK_HOSTS, data.address, HOST)
    try:
        with (
            claimed_credentials(credentials) as claim,
            local_deployment(read_template(TEMPLATE), base_url, data, credentials, hosts) as deployment,
            _moto(data.address) as moto,
            _environment(variables(base_url, hosts), (deployment.engine.endpoint, moto), data.address) as file,
            Sam(sam, built, file).running("start-api", base_url, partial(check_health, base_url)) as process,
            Sam(sam, built, file).running("start-lambda", functions.url, functions.sweep),
            announced(credentials, base_url, deployment),
            working(functions.handlers, deployment.runtime, deployment.streams, sweep_seconds=60),
        ):
            claim.announce(base_url)
            print(welcome(base_url, deployment, credentials), flush=True)
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


def bridge_address() -> str:
    """Return the address at which containers reach servers of this machine, and nobody outside it does.

    It is the bridge's; 127.0.0.1 with Docker Desktop, which passes the containers' connections on to it. An engine
    that has just made the bridge does not name its gateway, which is then the first address of the subnet.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise CommandError("make sam-local needs Docker: there is no command docker.")
    ask = [docker, "network", "inspect", "bridge", "--format", _GATEWAY_OR_SUBNET]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise CommandError("make sam-local needs a running Docker engine: docker network inspect failed.")
    subnet = ip_network(done.stdout.strip())  # of one address: the gateway
    address = str(next(iter(subnet.hosts())))
    with socket.socket() as probe, suppress(OSError):
        probe.bind((address, 0))
        return address
    return "127.0.0.1"


@contextmanager
def _moto(address: str) -> Iterator[str]:
    """Serve this process's Secrets Manager and SQS over HTTP, and yield the endpoint."""
    server = ThreadedMotoServer(address, port=0, verbose=False)
    server.start()
    try:
        yield f"http://{address}:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@contextmanager
def _environment(functions: Mapping[str, str], endpoints: tuple[str, str], address: str) -> Iterator[str]:
    """Write the functions' variables for a container into a file, and yield its name.

    The endpoints are those of DynamoDB and of all other services.
    """
    dynamodb, moto = (url.replace(address, HOST) for url in endpoints)
    replaced = {
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": moto,
        "AWS_ENDPOINT_URL_SQS": moto,
        "AWS_ENDPOINT_URL_CLOUDWATCH": moto,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"Parameters": {**functions, **replaced}}, file)
        file.flush()
        yield file.name


if __name__ == "__main__":
    sys.exit(main())
