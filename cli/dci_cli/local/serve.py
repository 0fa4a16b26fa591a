"""`dci serve`: the whole API on this machine, with a demo registry or one's own."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError
from dci_cli.installation import PROGRAM, START
from dci_cli.local.data import LocalData
from dci_cli.local.deployment import Demo, claimed_credentials, local_deployment, write_credentials
from dci_cli.local.gateway import Routes
from dci_cli.local.server import GatewayServer
from dci_cli.template import read_template
from dci_common.settings import SettingsError

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler

_MAX_PORT = 65535


def serve(port: str, template_path: Path, credentials: Path, holdings: LocalData) -> None:
    """Serve until interrupted, or told to end. Raises CommandError when it can not start."""
    on_stop(signal.default_int_handler)  # a shell's background jobs are started deaf to SIGINT
    try:
        template = read_template(template_path)
        routes = Routes({route.path: _handler(route.handler) for route in template.routes})
        with claimed_credentials(credentials) as claim, _bound(port, routes) as server:
            claim.announce(server.base_url)
            with local_deployment(template, server.base_url, holdings, credentials) as demo:
                write_credentials(credentials, server.base_url, demo)
                print(welcome(server.base_url, demo, credentials, holdings), flush=True)
                _serve_until_stopped(server)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        pass  # stopped while it was still starting
    print("\nStopped.", file=sys.stderr)


def _serve_until_stopped(server: GatewayServer) -> None:
    # An exception out of a signal could strike anywhere in the server; shutting it down is orderly.
    on_stop(lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    on_stop(signal.SIG_DFL)  # who asks twice does not wait
    server.server_close()  # the requests under way still need the engine


def on_stop(action: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Let everything that asks this process to end do `action`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


def free_port(port: str) -> int:
    """Return a port that can be had now, another than 0. Raises CommandError."""
    with _bound(port, Routes({})) as server:
        return int(server.server_address[1])


def _bound(port: str, routes: Routes) -> GatewayServer:
    if not (port.isascii() and port.isdigit() and len(port) <= len(str(_MAX_PORT)) and int(port) <= _MAX_PORT):
        raise CommandError(f"The port must be a number from 0 to {_MAX_PORT}, such as PORT=3000 {START}.")
    try:
        return GatewayServer(int(port), routes)
    except OSError as error:
        raise CommandError(
            f"Port {port} can not be used ({error.strerror}): free it, or choose another, such as PORT=3001 {START}."
        ) from error


def _handler(dotted: str) -> LambdaHandler:
    name, _, attribute = dotted.rpartition(".")
    try:
        module = importlib.import_module(name) if name else None
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise  # the handler is there, and something that it needs is not
        module = None
    handler: LambdaHandler | None = getattr(module, attribute, None)
    if handler is None:
        raise CommandError(f"The template's handler {dotted} is in none of the functions.")
    return handler


def welcome(base_url: str, demo: Demo, credentials: Path, holdings: LocalData) -> str:
    """Return what is printed once the API answers: where, and commands to paste."""
    return f"""
The API answers at {base_url} with {"your" if holdings.is_own else "a demo"} registry. Stop it with Ctrl-C.
The credentials of its clients are in {_shown(credentials)}.

Paste this into another terminal: a token, then a search.

TOKEN=$(curl -s {base_url}/oauth2/client/token \\
  -d grant_type=client_credentials -d client_id={demo.partner.client_id} \\
  -d client_secret={demo.partner_secret} |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

curl -s {base_url}/registry/sync/search \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{{
  "header": {{"version": "1.0.0", "message_id": "1", "message_ts": "2026-01-31T09:30:00Z",
             "action": "search", "sender_id": "{demo.partner.sender_id}", "total_count": 1}},
  "message": {{"transaction_id": "1", "search_request": [{{
    "reference_id": "1", "timestamp": "2026-01-31T09:30:00Z",
    "search_criteria": {{"query_type": "idtype-value", "query": {{"type": "UIN", "value": "847951632"}}}}}}]}}
}}' | python3 -m json.tool --no-ensure-ascii
""" + "".join(_hints(demo, holdings))


def _hints(demo: Demo, holdings: LocalData) -> Iterator[str]:
    if holdings.is_own:
        yield "\nThe search asks for somebody of the demo registry: put an identifier of yours in its place.\n"
    if demo.endpoint:
        yield f"""
The operator's commands work on this registry with:

export REGISTRY_TABLE=dci-registry AWS_ENDPOINT_URL_DYNAMODB={demo.endpoint}
export AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
{PROGRAM} registry stats
"""


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
