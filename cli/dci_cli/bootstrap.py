"""`dci bootstrap`: create the first administrator of a deployment, directly in ClientsTable.

It needs AWS credentials that allow it to write to the table; every other client is registered through the API.
"""

from __future__ import annotations

import argparse
import json

from pydantic import ValidationError

from dci_cli.aws import OperatorRuntime, add_table_option, aws_errors, check_table
from dci_cli.command_error import CommandError
from dci_cli.local_server import add_local
from dci_common.clients.registration import NewClient, register
from dci_common.clients.views import client_view
from dci_common.errors import Conflict
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ
from dci_common.settings import Settings
from dci_common.validation import describe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the table, and the client's name."""
    add_local(parser)
    add_table_option(parser, "--clients-table", "ClientsTable")
    parser.add_argument("--name", default="administrator", help="the new client's name (default: administrator)")


def run(options: argparse.Namespace) -> int:
    """Create a client that manages clients, and print it with its secret. Raises CommandError."""
    check_table(options.clients_table, "ClientsTable", "--clients-table or CLIENTS_TABLE, or use --local")
    try:
        name = options.name
        administrator = NewClient(name=name, sender_id=name, scopes=(CLIENTS_MANAGE, CLIENTS_READ))
    except ValidationError as error:
        raise CommandError(describe(error, "The name")) from error
    try:
        with aws_errors("ClientsTable"):
            runtime = OperatorRuntime(Settings(clients_table=options.clients_table))
            client, secret = register(runtime, administrator)
    except Conflict as error:
        raise CommandError("A client with this name exists: choose another with --name.") from error
    print(json.dumps({**client_view(client), "client_secret": secret}, indent=2))
    return 0
