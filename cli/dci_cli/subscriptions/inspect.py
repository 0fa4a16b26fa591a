"""`dci subscriptions list` and `show`, through the API: a client with the scope `clients.read` is enough."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import islice
from typing import Any

from dci_cli.clients.client_command import ClientCommand, Record, print_record, print_records
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.numbers import positive

_LISTED = ("code", "client_id", "since", "event_type", "record_type", "matched_by", "filter", "frequency")
_FAILING = ("client_id", "since", "cause", "callback_url", "frequency")


def add_code(parser: argparse.ArgumentParser) -> None:
    """Add the subscription."""
    parser.add_argument("subscription", metavar="SUBSCRIPTION", help="the subscription's code")


def _add_list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--client",
        metavar="CLIENT",
        help="list the subscriptions of this client: its id or name, or the id of a deleted one"
        " (default: those of all clients that are matched by condition; with --failing, of all clients)",
    )
    parser.add_argument("--limit", type=positive, metavar="NUMBER", help="list only the first subscriptions")
    parser.add_argument(
        "--failing", action="store_true", help="list the subscribers instead to which nothing is delivered any more"
    )


def _list(api: ClientsApi, options: argparse.Namespace) -> None:
    query = {"client_id": api.id_of(options.client)} if options.client else {}
    if options.failing:
        _list_failing(api, options, query)
        return
    found = list(islice(api.subscriptions(query), options.limit))
    print_records(options, _LISTED, found if options.json else [_row(each) for each in found])
    if not options.json:
        used = (f"{limit['used']} of {limit['most']} by {name}" for name, limit in _limits(api, query))
        print(f"\nUsed: {', '.join(used)}.")


def _limits(api: ClientsApi, query: Mapping[str, str]) -> list[tuple[str, Any]]:
    return [(name.removesuffix("s"), limit) for name, limit in api.subscription_limits(query).items()]


def _list_failing(api: ClientsApi, options: argparse.Namespace, query: Mapping[str, str]) -> None:
    found = list(islice(api.failing_subscribers(query), options.limit))
    if not found and not options.json:
        print("The client can be notified." if query else "All subscribers can be notified.")
        return
    print_records(options, _FAILING, found if options.json else [_row(each) for each in found])
    if not options.json:
        print("\nWhen the receiver of a client is repaired: dci subscriptions resume CLIENT")


def _show(api: ClientsApi, options: argparse.Namespace) -> None:
    subscription = api.subscription(options.subscription)
    print_record(options, subscription if options.json else _row(subscription))


def _row(record: Mapping[str, Any]) -> Record:
    """Return what is printed of a subscription, or of a subscriber: its objects as words."""
    frequency, compared = record.get("frequency", {}), record.get("filter")
    words = {
        "frequency": " ".join(
            frequency[name] for name in ("frequency", "start_time", "end_time") if name in frequency
        )
    }
    if compared:
        words["filter"] = " ".join(compared["attributes"]) or compared["type"]
    return {**record, **{name: word for name, word in words.items() if word}}


list_subscriptions = ClientCommand(_list, _add_list_arguments)
show = ClientCommand(_show, add_code)
