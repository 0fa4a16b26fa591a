"""The whole API on this machine, with a demo registry or another one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError
from dci_cli.environment import environment
from dci_cli.installation import PROGRAM, START
from dci_cli.local.data import LocalData
from dci_cli.local.deployment import (
    LocalDeployment,
    announced,
    claimed_credentials,
    load_handlers,
    local_deployment,
)
from dci_cli.local.gateway import Routes
from dci_cli.local.handlers import load_handler
from dci_cli.local.openid.provider import LocalProvider
from dci_cli.local.server import GatewayServer
from dci_cli.local.workers import working
from dci_cli.local_server import default_credentials
from dci_cli.template import read_template
from dci_common.settings import Settings, SettingsError

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler

_MAX_PORT = 65535


def serve(port: str, template_path: Path, credentials: Path, data: LocalData) -> None:
    """Serve until a signal ends it. Raises CommandError when it cannot start."""
    on_stop(signal.default_int_handler)  # a shell starts background jobs with SIGINT ignored
    try:
        # What cannot work is reported before anything is claimed or written, even beside another server.
        port_number = _port_number(port)
        template = read_template(template_path)
        handled = {route.path: load_handler(route.handler) for route in template.routes}
        handlers = load_handlers(template)
        Settings.from_env(os.environ)
        data.check()
        with claimed_credentials(credentials) as claim, _bound(port_number, Routes(handled)) as server:
            claim.announce(server.base_url)
            people = _people(server, handled) if data.is_demo else None
            with (
                environment(people.variables() if people else {}),
                local_deployment(template, server.base_url, data, credentials) as deployment,
                announced(credentials, server.base_url, deployment, people.sign_in() if people else {}),
                working(handlers, deployment.runtime, deployment.streams),
            ):
                print(welcome(server.base_url, deployment, credentials, has_people=people is not None), flush=True)
                _serve_until_stopped(server)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        pass  # stopped while it was still starting
    print("\nStopped.", file=sys.stderr)


def _people(server: GatewayServer, handled: Mapping[str, LambdaHandler]) -> LocalProvider:
    """Add the provider of demo people. Every user of this machine can be any of them, so only a demo has it."""
    provider = LocalProvider(server.base_url)
    server.routes = Routes({**handled, **provider.routes()})
    return provider


def _serve_until_stopped(server: GatewayServer) -> None:
    # An exception from a signal handler could interrupt the server anywhere; a shutdown is orderly.
    on_stop(lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    on_stop(signal.SIG_DFL)  # a second signal ends it at once
    server.server_close()  # the requests in progress still need the engine


def on_stop(action: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Set the action of all signals that ask this process to end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


def free_port(port: str) -> int:
    """Return a free port; `port` itself unless it is 0. Raises CommandError."""
    with _bound(_port_number(port), Routes({})) as server:
        return int(server.server_address[1])


def _port_number(port: str) -> int:
    if not (port.isascii() and port.isdigit() and len(port) <= len(str(_MAX_PORT)) and int(port) <= _MAX_PORT):
        raise CommandError(f"The port must be a number from 0 to {_MAX_PORT}, such as PORT=3000 {START}.")
    return int(port)


def _bound(port: int, routes: Routes) -> GatewayServer:
    try:
        return GatewayServer(port, routes)
    except OSError as error:
        raise CommandError(
            f"Port {port} cannot be used ({error.strerror}): free it, or choose another, such as PORT=3001 {START}."
        ) from error


def welcome(base_url: str, deployment: LocalDeployment, credentials: Path, *, has_people: bool = False) -> str:
    """Return the message that is printed when the API is ready: its URL, and commands to paste."""
    demo = deployment.demo
    people = (
        f"The console is at {base_url}/console/ where you sign in as one of five demo people;\n"
        f"the command line signs in with {PROGRAM} login {_chosen(credentials)}.\n"
        if has_people
        else ""
    )
    return f"""
The API answers at {base_url} with {"a demo" if deployment.is_demo else "your"} registry. Stop it with Ctrl-C.
The credentials of its clients are in {_shown(credentials)}.
{people}
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
""" + "".join(_hints(deployment, credentials))


def _hints(deployment: LocalDeployment, credentials: Path) -> Iterator[str]:
    if not deployment.is_demo:
        yield "\nThe search is for a person of the demo registry: replace the identifier with one of yours.\n"
    chosen = _chosen(credentials)
    yield f"""
All commands work on this server with {chosen}, such as:

{PROGRAM} registry stats {chosen}
"""


def _chosen(credentials: Path) -> str:
    return "--local" if credentials == default_credentials() else f"--credentials {_shown(credentials)}"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
