"""`dci`: the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dci_cli.problem import Problem

_INTERRUPTED = 130  # as a shell reports it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it did its work, 2 when it could not, with one line that says why."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except Problem as problem:
        print("dci:", *str(problem).split(), file=sys.stderr)  # AWS tells some errors in several lines
        return 2
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _run(options: argparse.Namespace) -> None:
    # Imported here: an administrator's command does not wait for the engine of the local server.
    if options.command == "serve":
        from dci_cli.serve import serve  # noqa: PLC0415

        serve(options.port, options.template, options.credentials)
    else:
        from dci_cli.bootstrap import bootstrap  # noqa: PLC0415

        bootstrap(options.clients_table, options.name)


def _parser() -> argparse.ArgumentParser:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(prog="dci", description="Run and administer the SPDCI registry API.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the API on this machine with a demo registry")
    serve.add_argument("--port", default=os.environ.get("PORT") or "3000", help="default: PORT, else 3000")
    serve.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        default=root / "template.yaml",
        help="where the routes are read from (default: template.yaml)",
    )
    serve.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        default=root / ".local" / "credentials.json",
        help="where the demo clients' credentials are written (default: .local/credentials.json)",
    )
    first = commands.add_parser("bootstrap", help="make the first administrator of a deployment")
    first.add_argument(
        "--clients-table", required=True, help="the deployment's ClientsTable (an output of the stack)"
    )
    first.add_argument("--name", default="administrator", help="the new client's name (default: administrator)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
