"""The endpoint of what a client uses: records and exchanges of today, and when it last used its credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_clients.requests import client_id
from dci_common.clients.store import ClientStore
from dci_common.edge.http import Request, Response
from dci_common.exchange.usage import limits_of, read_counts
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


def client_usage(runtime: Runtime, request: Request) -> Response:
    """Return what a client uses of its limits now. Raises NotFound."""
    store = ClientStore(runtime)
    client = store.get(client_id(request))
    today = day(runtime.clock())
    records = read_counts(runtime, [client.client_id], [today]).get((client.client_id, today), 0)
    limits, most = limits_of(client, runtime.settings), client.open_exchanges
    used, paused = WorkerPlaces(runtime).open(client.client_id)
    credentials = sorted(store.last_used(client.client_id).items(), key=lambda use: -use[1])
    body = {
        "client_id": client.client_id,
        "date": str(today),
        "records": records,
        **limits,
        **({"share": round(records / limits["records_a_day"], 3)} if limits["records_a_day"] else {}),
        "open_exchanges": {"used": used, "most": runtime.settings.open_exchanges if most is None else most},
        **({} if paused is None else {"paused": timestamp(paused)}),
        **({"last_used": timestamp(credentials[0][1])} if credentials else {}),
        "credentials": [{"id": name, "last_used": timestamp(at)} for name, at in credentials],
    }
    return Response.of(200, body)
