"""`dci exchange paused`: the clients whose receiver answered 410, to which nothing is delivered."""

from __future__ import annotations

import argparse

from dci_cli.exchange.exchange_table import add_table, exchange_command, runtime_of
from dci_cli.terminal import Column, print_table
from dci_common.exchange.interventions import Interventions
from dci_common.timestamps import timestamp

_COLUMNS = (Column("client id"), Column("since"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the table."""
    add_table(parser)


@exchange_command
def run(options: argparse.Namespace) -> int:
    """Print the paused clients, and the command that resumes one. Raises CommandError."""
    paused = Interventions(runtime_of(options)).paused()
    if not paused:
        print("No client is paused.")
        return 0
    print_table(_COLUMNS, [(client_id, timestamp(since)) for client_id, since in paused])
    print("\nWhen the receiver of a client is repaired: dci exchange resume CLIENT")
    return 0
