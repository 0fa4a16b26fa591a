"""`dci`: the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dci_cli.command_error import report_errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 when it could not do its work. A command may add its own."""
    given = sys.argv[1:] if arguments is None else arguments
    return report_errors(lambda: _run(given))


def _run(arguments: Sequence[str]) -> int:
    """Import a command and run it."""
    from dci_cli.command_table import build_parser  # noqa: PLC0415 - so that Ctrl-C has no traceback meanwhile

    options = build_parser(arguments).parse_args(arguments)
    is_local = getattr(options, "local", None) is not None
    return _run_locally(arguments, options) if is_local else int(options.run(options))


def _run_locally(arguments: Sequence[str], options: argparse.Namespace) -> int:
    """Run a command on the local server: the defaults of its options are those of that server's environment."""
    from dci_cli.command_table import build_parser  # noqa: PLC0415 - as above
    from dci_cli.local_server import local_environment  # noqa: PLC0415 - imported when it is used

    with local_environment(options.local):
        options = build_parser(arguments).parse_args(arguments)
        return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
