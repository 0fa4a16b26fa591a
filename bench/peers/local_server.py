"""Runs the HTTP server of `dci serve` with the functions that template.yaml names.

`python -m peers.local_server PORT`. `dci serve` itself has its tables in the same process; here they are where the
environment says, as the peers' are.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from dci_cli.local.gateway import Routes
from dci_cli.local.handlers import load_handler
from dci_cli.local.server import GatewayServer
from dci_cli.template import read_template

_TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def main() -> None:
    """Serve until the process is ended."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    routes = Routes({route.path: load_handler(route.handler) for route in read_template(_TEMPLATE).routes})
    with GatewayServer(int(sys.argv[1]), routes) as server:
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
