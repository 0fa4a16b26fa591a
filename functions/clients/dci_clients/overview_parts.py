"""The parts of the overview about clients: secrets that end, limits nearly used up, and changes that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_clients.exchange_parts import MOST, SHOWN
from dci_common.aws.dynamodb import batch_get
from dci_common.clients.items import LISTED_ENDING, secret_from_item, secret_keys
from dci_common.clients.proposal import approval_view
from dci_common.clients.proposals import Proposals
from dci_common.clients.store import ClientStore
from dci_common.clients.views import secret_view
from dci_common.exchange.exchange_pages import ExchangePages
from dci_common.exchange.near_limits import is_near, near_limit_queue
from dci_common.exchange.usage import limits_of, read_counts
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_ENDS_SOON = 30 * 86_400  # seconds


def secrets(runtime: Runtime) -> dict[str, Any]:
    """Return the secrets that end within 30 days, and when they were last used.

    Those with which their clients lose access come first, and then the first to end.
    """
    store, now = ClientStore(runtime), runtime.clock()
    until = now + _ENDS_SOON
    span = timestamp(now), timestamp(until)
    items, following = store.listed(LISTED_ENDING, MOST, None, forward=True, span=span)
    owners = [(item["pk"]["S"].partition("#")[2], secret_from_item(item)) for item in items]
    live = [(owner, secret) for owner, secret in owners if secret.is_live(now) and secret.expires is not None]
    losing = _losing_access(runtime, {owner for owner, _ in live}, until)
    live.sort(key=lambda one: one[0] not in losing)
    used = {owner: store.last_used(owner) for owner, _ in live[:SHOWN]}
    ending = [
        {
            "client_id": owner,
            "is_last": owner in losing,
            **secret_view(secret, used[owner].get(secret.secret_id)),
        }
        for owner, secret in live[:SHOWN]
    ]
    return {"count": len(live), "more": following is not None, "ending": ending}


def _losing_access(runtime: Runtime, client_ids: set[str], until: float) -> set[str]:
    """Return those of some clients that have neither a key nor a secret that is accepted at `until`."""
    keys = [key for client_id in client_ids for key in secret_keys(client_id)]
    items = batch_get(runtime, runtime.settings.clients_table, keys)
    lasting = {item["pk"]["S"].partition("#")[2] for item in items if secret_from_item(item).is_live(until)}
    clients = ClientStore(runtime).many(client_ids - lasting)
    return {client_id for client_id, client in clients.items() if not client.jwks}


def limits(runtime: Runtime) -> dict[str, Any]:
    """Return the clients that have used 80 % of their records of today, or more, the nearest to its limit first."""
    today, settings = day(runtime.clock()), runtime.settings
    marked, more = ExchangePages(runtime).head(near_limit_queue(str(today)), MOST)
    clients = ClientStore(runtime).many(client_id for client_id, _ in marked)
    counts = read_counts(runtime, clients, [today])
    used = list[dict[str, Any]]()
    for client_id, client in clients.items():
        records, a_day = counts.get((client_id, today), 0), limits_of(client, settings)["records_a_day"]
        if is_near(records, a_day):
            share = round(records / a_day, 3)
            used.append({"client_id": client_id, "date": str(today), "records": records} | _limit(a_day, share))
    used.sort(key=lambda one: (-one["share"], one["client_id"]))
    return {"count": len(used), "more": more, "clients": used[:SHOWN]}


def approvals(runtime: Runtime) -> dict[str, Any]:
    """Return the changes that wait for a second person, the newest first."""
    waiting, following = Proposals(runtime).waiting(MOST)
    shown = [approval_view(one, runtime.clock()) for one in waiting[:SHOWN]]
    return {"count": len(waiting), "more": following is not None, "waiting": shown}


def _limit(a_day: int, share: float) -> dict[str, Any]:
    return {"records_a_day": a_day, "share": share}
