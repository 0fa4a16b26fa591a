"""`dci bootstrap`: the first administrator of a deployment, written straight into ClientsTable."""

from __future__ import annotations

import json

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from dci_cli.problem import Problem
from dci_cli.registry.table import PatientRuntime
from dci_common.auth.registration import NewClient, register
from dci_common.auth.scopes import CLIENTS_MANAGE
from dci_common.auth.views import client_view
from dci_common.errors import Conflict
from dci_common.schemas.problems import describe
from dci_common.settings import Settings


def bootstrap(clients_table: str, name: str) -> None:
    """Make a client that may manage clients, and print it with its secret. Raises Problem.

    It needs AWS credentials that may write to the table; everybody else is registered through the API.
    """
    try:
        asked = NewClient(name=name, sender_id=name, scopes=(CLIENTS_MANAGE, "clients.read"))
        client, secret = register(PatientRuntime(Settings(clients_table=clients_table)), asked)
    except ValidationError as error:
        raise Problem(describe(error, "The name")) from error
    except Conflict as error:
        raise Problem("A client with this name exists: choose another with --name.") from error
    except (BotoCoreError, ClientError, ValueError) as error:  # the last is a malformed endpoint
        raise Problem(f"The table can not be written to: {error}") from error
    print(json.dumps({**client_view(client), "client_secret": secret}, indent=2))
