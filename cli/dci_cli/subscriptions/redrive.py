"""`dci subscriptions redrive`: send the notifications again that a client did not get."""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import UTC, datetime

from dci_cli.exchange.exchange_table import (
    add_change,
    add_clients_table,
    audit_keys,
    client_id,
    exchange_command,
    runtime_of,
)
from dci_cli.exchange.redrive import redrive_each
from dci_cli.local_server import add_local
from dci_cli.registry.support.operator_audit import OperatorAudit
from dci_cli.terminal import confirm
from dci_common.errors import NotFound
from dci_common.exchange.interventions import Interventions
from dci_common.subscriptions.subscribers import Subscribers
from dci_common.timestamps import timestamp


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the client, and since when it was not notified."""
    add_local(parser)
    add_change(parser)
    parser.add_argument("client", metavar="CLIENT", help="the id or name of the client")
    parser.add_argument(
        "--since",
        type=_moment,
        default=0.0,
        metavar="TIME",
        help="redrive only what failed since then: a time such as 2026-03-01T09:30:00Z, or a day"
        " (default: the 14 days for which it is kept)",
    )
    add_clients_table(parser)


@exchange_command
def run(options: argparse.Namespace) -> int:
    """Redrive a client's notifications that failed, and resume what was paused by them. Raises CommandError."""
    runtime, client = runtime_of(options), client_id(options)
    interventions = Interventions(runtime)
    audit = OperatorAudit.of(options, runtime, "subscriptions redrive")
    failed = interventions.failed_notifications(client, options.since)
    if not failed:
        since = f" since {timestamp(options.since)}" if options.since else ""
        print(f"No notification to {options.client} has failed{since}.")
        return 0
    counted = "1 notification" if len(failed) == 1 else f"{len(failed)} notifications"
    confirm(f"Redrive {counted} to {options.client}", "redriven", assumed=options.yes)
    with audit.recorded(audit_keys(failed)):
        with suppress(NotFound):  # an operator has resumed it before
            Subscribers(runtime).resume(client)
        redrive_each(interventions, failed)
    return 0


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text} is neither a time such as 2026-03-01T09:30:00Z nor a day"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
