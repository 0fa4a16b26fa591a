"""`dci serve`: serve the whole API on this machine, with a demo registry or your own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from dci_cli.installation import TEMPLATE
from dci_cli.local.data import LocalData
from dci_cli.local.serve import serve
from dci_cli.local_server import default_credentials


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens, what it serves, and where it writes."""
    parser.add_argument(
        "--port",
        default=os.environ.get("PORT") or "3000",
        help="the port on 127.0.0.1; 0: a free one (default: PORT, else 3000)",
    )
    parser.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        default=TEMPLATE,
        help="the template with the routes and tables (default: template.yaml)",
    )
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="where the clients' credentials are written (default: credentials.json in .local, or in the folder of"
        " --data)",
    )
    parser.add_argument(
        "--registry",
        type=Path,
        metavar="FILE",
        nargs="+",
        default=(),
        help="serve these files instead of the demo: JSON Lines or CSV, as `dci registry import` accepts them",
    )
    parser.add_argument(
        "--engine",
        choices=("moto", "dynamodb-local"),
        default="moto",
        help="what replaces DynamoDB; dynamodb-local is for more than a few thousand people, and needs a JDK and npm"
        " (default: moto)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where dynamodb-local keeps its tables (default: in memory)"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until it is interrupted. Raises CommandError when it cannot start."""
    data = LocalData(options.registry, options.engine, options.data)
    kept = options.data / "credentials.json" if options.data else default_credentials()
    credentials = options.credentials or kept
    serve(options.port, options.template, credentials, data)
    return 0
