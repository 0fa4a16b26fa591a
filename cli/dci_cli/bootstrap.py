"""`dci bootstrap`: the first administrator of a deployment, written straight into ClientsTable."""

from __future__ import annotations

import json

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from dci_cli.command_error import CommandError
from dci_cli.registry.support.table import OperatorRuntime
from dci_common.clients.registration import NewClient, register
from dci_common.clients.views import client_view
from dci_common.errors import Conflict
from dci_common.oauth.scopes import CLIENTS_MANAGE
from dci_common.settings import Settings
from dci_common.validation import describe


def bootstrap(clients_table: str, name: str) -> None:
    """Make a client that may manage clients, and print it with its secret. Raises CommandError.

    It needs AWS credentials that may write to the table; everybody else is registered through the API.
    """
    try:
        asked = NewClient(name=name, sender_id=name, scopes=(CLIENTS_MANAGE, "clients.read"))
        client, secret = register(OperatorRuntime(Settings(clients_table=clients_table)), asked)
    except ValidationError as error:
        raise CommandError(describe(error, "The name")) from error
    except Conflict as error:
        raise CommandError("A client with this name exists: choose another with --name.") from error
    except (BotoCoreError, ClientError, ValueError) as error:  # the last is a malformed endpoint
        raise CommandError(f"The table can not be written to: {error}") from error
    print(json.dumps({**client_view(client), "client_secret": secret}, indent=2))
