"""`dci`: the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dci_cli.command_error import CommandError
from dci_cli.doctor.command import add_doctor, doctor
from dci_cli.installation import TEMPLATE, local_folder, version
from dci_cli.keys import add_keys

_INTERRUPTED = 130  # as a shell reports it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it did its work, 2 when it could not, with one line that says why."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(arguments).parse_args(arguments)
    return told(lambda: _run(options))


def told(command: Callable[[], int]) -> int:
    """Run what makes an exit status; a CommandError is told in one line."""
    try:
        return command()
    except CommandError as problem:
        print("dci:", *str(problem).split(), file=sys.stderr)  # AWS tells some errors in several lines
        return 2
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    # Imported here: an administrator's command does not wait for the engine of the local server.
    if options.command == "serve":
        from dci_cli.local.data import LocalData  # noqa: PLC0415
        from dci_cli.local.serve import serve  # noqa: PLC0415

        holdings = LocalData(options.registry, options.engine, options.data)
        credentials = options.credentials or (options.data or local_folder()) / "credentials.json"
        serve(options.port, options.template, credentials, holdings)
    elif options.command == "keys":
        from dci_cli.keys import keys  # noqa: PLC0415

        return keys(options)
    elif options.command == "clients":
        from dci_cli.clients.commands import run  # noqa: PLC0415

        return run(options)
    elif options.command == "registry":
        from dci_cli.registry import commands  # noqa: PLC0415

        return commands.run(options)
    elif options.command == "audit":
        from dci_cli import audit  # noqa: PLC0415

        return audit.run(options)
    elif options.command == "doctor":
        return doctor(options)
    else:
        from dci_cli.bootstrap import bootstrap  # noqa: PLC0415

        bootstrap(options.clients_table, options.name)
    return 0


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(parser.prog, version())
        parser.exit()


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--port", default=os.environ.get("PORT") or "3000", help="default: PORT, else 3000")
    serve.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        default=TEMPLATE,
        help="where the routes are read from (default: template.yaml)",
    )
    serve.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="where the clients' credentials are written (default: credentials.json in .local, or in DIR)",
    )
    serve.add_argument(
        "--registry",
        type=Path,
        metavar="FILE",
        nargs="+",
        default=(),
        help="serve these files instead of the demo: JSON Lines or CSV, as `dci registry import` takes them",
    )
    serve.add_argument(
        "--engine",
        choices=("moto", "dynamodb-local"),
        default="moto",
        help="dynamodb-local is for more than a few thousand people; needs Java (default: moto)",
    )
    serve.add_argument(
        "--data", type=Path, metavar="DIR", help="where dynamodb-local keeps its tables (default: nowhere)"
    )


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dci", description="Run and administer the SPDCI registry API.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_serve(commands.add_parser("serve", help="serve the API on this machine, with a demo registry or your own"))
    first = commands.add_parser("bootstrap", help="make the first administrator of a deployment")
    first.add_argument(
        "--clients-table", required=True, help="the deployment's ClientsTable (an output of the stack)"
    )
    first.add_argument("--name", default="administrator", help="the new client's name (default: administrator)")
    audit = commands.add_parser("audit", help="see who saw whom")
    if "audit" in arguments[:1]:
        from dci_cli.audit import add_arguments  # noqa: PLC0415

        add_arguments(audit)
    add_doctor(commands.add_parser("doctor", help="examine a deployment from outside, and say what mends it"))
    add_keys(commands.add_parser("keys", help="show and rotate the signing keys of a deployment"))
    clients = commands.add_parser("clients", help="administer the partner clients of a deployment")
    if "clients" in arguments[:1]:
        from dci_cli.clients.commands import add_commands as add_clients  # noqa: PLC0415

        add_clients(clients)
    registry = commands.add_parser("registry", help="load, read, change and check a registry's data")
    if "registry" in arguments[:1]:
        from dci_cli.registry.commands import add_commands  # noqa: PLC0415

        add_commands(registry)
    return parser


if __name__ == "__main__":
    sys.exit(main())
