"""`dci`: the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dci_cli.command_error import report_errors
from dci_cli.command_table import build_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 when it could not do its work. A command may add its own."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = build_parser(arguments).parse_args(arguments)
    return report_errors(lambda: int(options.run(options)))


if __name__ == "__main__":
    sys.exit(main())
