"""`dci`: the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dci_cli.command_error import report_errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 when it could not do its work. A command may add its own."""
    arguments = sys.argv[1:] if arguments is None else arguments
    return report_errors(lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    """Run a command; with `--local`, the defaults of its options are those of the local server's environment."""
    from dci_cli.command_table import build_parser  # noqa: PLC0415 - so that Ctrl-C is reported meanwhile too

    options = build_parser(arguments).parse_args(arguments)
    if getattr(options, "local", None) is None:
        return int(options.run(options))

    from dci_cli.local_server import local_environment  # noqa: PLC0415 - imported when it is used

    with local_environment(options.local):
        options = build_parser(arguments).parse_args(arguments)
        return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
