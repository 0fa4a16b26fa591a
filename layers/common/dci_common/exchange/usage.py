"""What clients received a day: from the counters of the quota, which are kept for the 31 days before today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dci_common.aws.dynamodb import batch_get
from dci_common.exchange.near_limits import rate_key

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.runtime import Runtime
    from dci_common.settings import Settings

KEPT_DAYS = 31  # before today
_COMPARED_DAYS = 7
MANY, _TIMES = 100, 3  # records, and times the usual
Counts = Mapping[tuple[str, date], int]  # records, by the client's id and the day


class Comparison(NamedTuple):
    """A day of a client beside the days before it.

    `usual` is the mean of the `known_days`, those of the 7 days before on which the client made a request; None where
    there are none. A day is `unusual` with at least 100 records, and more than 3 times the usual.
    """

    records: int
    usual: float | None
    known_days: int

    @property
    def is_unusual(self) -> bool:
        """Whether there was much more than usual."""
        return self.usual is not None and self.records >= MANY and self.records > _TIMES * self.usual


def limits_of(client: Client, settings: Settings) -> dict[str, int]:
    """Return the limits that a client has, its own or the deployment's; 0 is none."""
    a_day, a_minute = client.records_a_day, client.requests_a_minute
    return {
        "records_a_day": settings.records_a_day if a_day is None else a_day,
        "requests_a_minute": settings.requests_a_minute if a_minute is None else a_minute,
    }


def read_counts(runtime: Runtime, client_ids: Iterable[str], days: Iterable[date]) -> Counts:
    """Return the records that were disclosed to clients on some days, or are reserved now.

    A day on which a client made no request is left out. It is read eventually consistently.
    """
    wanted = list(days)
    keys = [rate_key(client_id, str(one)) for client_id in client_ids for one in wanted]
    found = batch_get(runtime, runtime.settings.exchange_table, keys, consistent=False)
    return {
        (item["pk"]["S"].partition("#")[2], date.fromisoformat(item["sk"]["S"].partition("#")[2])): int(
            item.get("records", {"N": "0"})["N"]
        )
        for item in found
    }


def days_before(of_day: date, count: int = _COMPARED_DAYS) -> list[date]:
    """Return a day and so many days before it, the latest first."""
    return [of_day - timedelta(days=back) for back in range(count + 1)]


def compare(counts: Counts, client_id: str, of_day: date) -> Comparison:
    """Return a client's day beside the days before it, of which `counts` has those that are known."""
    known = [counts[client_id, one] for one in days_before(of_day)[1:] if (client_id, one) in counts]
    usual = sum(known) / len(known) if known else None
    return Comparison(counts.get((client_id, of_day), 0), usual, len(known))
