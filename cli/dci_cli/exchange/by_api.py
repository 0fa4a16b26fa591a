"""What a person who is signed in has sent again, through the API and under their name."""

from __future__ import annotations

import argparse

from dci_cli.api import Api
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.command_error import CommandError
from dci_cli.terminal import confirm


def redrive(api: Api, options: argparse.Namespace) -> None:
    """Redrive one exchange, or all of a client's that are dead. Raises CommandError that says which could not be."""
    clients = ClientsApi(api)
    if options.exchange:
        found = clients.exchange(options.exchange)
        description = f"the exchange {found['correlation_id']} of the client {found['client_id']}"
        confirm(f"Redrive {description}", "redriven", assumed=options.yes)
        print_redriven(clients.redrive(found["correlation_id"])["correlation_id"])
        return
    client_id = clients.id_of(options.client)
    confirm(f"Redrive all dead exchanges of {options.client}", "redriven", assumed=options.yes)
    count, problems = 0, list[str]()
    for page in clients.redrive_dead(client_id):
        for correlation_id in page["redriven"]:
            print_redriven(correlation_id)
        count += len(page["redriven"])
        problems += (f"{one['correlation_id']}: {one['message']}" for one in page["failed"])
    if problems:
        raise CommandError(" ".join(problems))
    if not count:
        print(no_dead(options.client))


def resume(api: Api, options: argparse.Namespace) -> None:
    """Resume what is sent to a client. Raises CommandError."""
    clients = ClientsApi(api)
    client_id = clients.id_of(options.client)
    confirm(f"Deliver to the client {options.client} again", "resumed", assumed=options.yes)
    resumed = " and ".join(clients.resume(client_id))
    print(f"Resumed for {options.client}: {resumed}. {hint(client_id)}")


def print_redriven(correlation_id: str) -> None:
    """Print that an exchange goes on."""
    print(f"The exchange {correlation_id} goes on within a minute.")


def no_dead(client: str) -> str:
    """Return that there is nothing to redrive."""
    return f"The client {client} has no dead exchange."


def hint(client_id: str) -> str:
    """Return how what is dead goes on."""
    return f"Its dead exchanges: dci exchange redrive --all --client {client_id}"
