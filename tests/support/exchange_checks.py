"""What must have become of all exchanges, whatever went wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dci_common.exchange.audit_index import merged
from dci_common.exchange.exchanges import Exchange
from support.exchange_questions import Asked, person_of
from support.exchange_world import World
from support.exchanges import records_of
from support.stored_items import stored_items


class CheckedWorld(World):
    """A world that is looked at when everything has come to its end."""

    def check(self) -> None:
        """Demand that everything ended as it must."""
        assert self.faults == []
        exchanges = {exchange.correlation_id: exchange for exchange in self.exchanges()}
        acknowledged = [asked for asked in self.asked if asked.reply]
        assert sorted(exchanges) == sorted(asked.correlation_id for asked in acknowledged)
        for asked in acknowledged:
            self._check_end(exchanges[asked.correlation_id], asked)
        self._check_counts([*exchanges.values()])
        self._check_audit()

    def _check_end(self, exchange: Exchange, asked: Asked) -> None:
        if exchange.correlation_id in self.cancelled:
            assert exchange.state == "cancelled"
            return
        assert exchange.state == "answered", exchange
        pages = self._pages(exchange.correlation_id) if exchange.callback_url else [self._status(asked)]
        for reference_id, wanted in asked.wanted.items():
            items = [found for page in pages for found in page if found["reference_id"] == reference_id]
            if wanted is None:
                assert [found["status"] for found in items] == ["rjct"], items
                continue
            people = [person_of(record) for found in items for record in records_of(found)]
            assert [found["status"] for found in items] == ["succ"] * len(items) != [], items
            assert len(people) == len(set(people)), (reference_id, people)
            assert set(people) <= wanted, (reference_id, people)
            assert wanted - self.hidden <= set(people), (reference_id, wanted - set(people))

    def _pages(self, correlation_id: str) -> list[list[dict[str, Any]]]:
        """Return the pages that the receiver took, of each that came again the last: it may have had more before."""
        taken = [message for message in self.taken if message["message"]["correlation_id"] == correlation_id]
        by_id: dict[str, list[dict[str, Any]]] = {}
        for message in taken:
            page, id_ = message["message"]["search_response"], message["header"]["message_id"]
            if id_ in by_id:
                assert [shape(found, self.hidden) for found in by_id[id_]] == [
                    shape(found, self.hidden) for found in page
                ]
            by_id[id_] = page
        ordered = sorted(by_id, key=lambda id_: int(id_.rpartition("-")[2]))
        assert [id_.rpartition("-")[2] for id_ in ordered] == [str(n) for n in range(1, len(ordered) + 1)]
        return [by_id[id_] for id_ in ordered]

    def _status(self, asked: Asked) -> list[dict[str, Any]]:
        self.partner.token = self.renewed_token()
        reply = self.partner.status("correlation_id", asked.correlation_id)
        found: list[dict[str, Any]] = reply.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
        return found

    def _check_counts(self, exchanges: list[Exchange]) -> None:
        client_id = self.partner.client.client_id
        stored = stored_items(self.names["exchange_table"])
        charged = sum(
            int(found["records"]["N"])
            for found in stored
            if found["pk"]["S"] == f"RATE#{client_id}" and "records" in found
        )
        assert charged == sum(
            sum(outcome.keys for outcome in exchange.outcomes) + exchange.checkpoint.charged for exchange in exchanges
        )
        (open_,) = (found for found in stored if found["pk"]["S"] == f"OPEN#{client_id}")
        assert int(open_["open_exchanges"]["N"]) == 0, open_
        places = [int(value["N"]) for name, value in open_.items() if name[-2:] in {"_0", "_1"}]
        assert max(places) <= self.clock.now + 300
        assert not any(exchange.is_open for exchange in exchanges)

    def _check_audit(self) -> None:
        """Demand that what every callback disclosed is recorded as sent, whatever became of it afterwards."""
        sent = Counter(
            (message["message"]["correlation_id"], found["reference_id"])
            for message in self.arrived
            for found in message["message"]["search_response"]
            if records_of(found)
        )
        recorded = Counter(
            (record["correlation_id"]["S"], record["reference_id"]["S"])
            for record in merged(stored_items(self.names["audit_table"]))
            if "withheld" not in record
        )
        assert [key for key, count in sent.items() if recorded[key] < count] == []


def shape(found: dict[str, Any], hidden: set[str]) -> tuple[Any, ...]:
    """Return what must be the same in an item whenever it is sent, whoever is hidden meanwhile."""
    people = [id_ for id_ in map(person_of, records_of(found)) if id_ not in hidden]
    return found["reference_id"], found["status"], found.get("pagination"), people
