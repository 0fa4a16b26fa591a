"""`dci exchange cancel`: end an exchange that is open."""

from __future__ import annotations

import argparse

from dci_cli.exchange.exchange_table import add_change, audit_keys, exchange_command, runtime_of
from dci_cli.registry.support.operator_audit import OperatorAudit
from dci_cli.terminal import confirm
from dci_common.exchange.interventions import Interventions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the exchange."""
    add_change(parser)
    parser.add_argument("exchange", metavar="EXCHANGE", help="the correlation id of an open exchange")


@exchange_command
def run(options: argparse.Namespace) -> int:
    """Cancel an exchange. Raises CommandError."""
    runtime = runtime_of(options)
    interventions = Interventions(runtime)
    audit = OperatorAudit.of(options, runtime, "exchange cancel")
    exchange = interventions.open(options.exchange)
    description = f"the exchange {exchange.correlation_id} of the client {exchange.client_id}"
    confirm(f"Cancel {description}, which cannot be undone", "cancelled", assumed=options.yes)
    with audit.recorded(audit_keys([exchange])):
        interventions.cancel(exchange.correlation_id)
    print(f"Cancelled {description}. A page that was just being sent may still arrive.")
    return 0
