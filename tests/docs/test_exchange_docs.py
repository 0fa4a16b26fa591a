"""docs/exchange.md: its messages are answered as it says, its receiver works, its numbers are the code's."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dci_common.clients.model import Callbacks
from dci_common.exchange import acceptance, exchanges, status
from dci_common.outbound import http_client
from dci_common.registry.model.views import View
from dci_common.settings import Settings
from dci_common.subscriptions import outbox, subscription
from dci_common.subscriptions.event_types import Event, EventType
from dci_common.subscriptions.subscription_store import Limits
from dci_delivery import packer, schedule
from dci_delivery.subscriber import MAX_CRITERIA_BYTES
from dci_exchange import service
from support import conformance
from support.api import Api, identified
from support.events import ROOT
from support.exchanges import Partner, Queues, Receiver
from support.subscribing_partner import SCOPES, SubscribingPartner
from support.subscriptions import put, subscribed

from .test_docs import column, rows

DOCUMENT = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
MESSAGE, ACK, CALLBACK, STATUS, SUBSCRIBE, SUBSCRIBED, NOTIFICATION = (
    json.loads(text) for text in re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
)
(CODE,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
(COMMANDS,) = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
DAY = 86_400
LIMITS = {
    "bytes of an asynchronous message": service.MAX_BYTES,
    "exchanges of a client that are not answered yet": Settings().open_exchanges,
    "records in a callback": exchanges.PAGE_RECORDS,
    "bytes of a callback": Callbacks().max_bytes,
    "index entries and records that an item may read, set by the deployment": Settings().max_examined_async,
    "seconds for an attempt": http_client.TIME_LIMIT,
    "days of attempts": schedule.GIVEN_UP_AFTER // DAY,
    "days that an exchange is kept after its end": exchanges.KEPT_SECONDS // DAY,
    "hours that a `message_id` is known": acceptance.MESSAGE_SECONDS // 3600,
    "subscriptions of a client by an identifier, a phone number or an e-mail address": Limits().client_identifiers,
    "subscriptions of a client by any other filter": Limits().client_conditions,
    "subscriptions of all clients by any other filter": Limits().conditions,
    "subscriptions of all clients by the same identifier": Limits().codes,
    "bytes of the criteria of a subscription": MAX_CRITERIA_BYTES,
    "days that a subscription is known after its end": subscription.KEPT_SECONDS // DAY,
    "events in a notification": packer.MAX_EVENTS,
    "days that events wait": outbox.KEPT_SECONDS // DAY,
}


def shape(content: Any) -> Any:
    """Return the members of JSON, in their order, without the values."""
    if isinstance(content, dict):
        return [(name, shape(value)) for name, value in content.items() if name != "reg_records"]
    return [shape(value) for value in content] if isinstance(content, list) else None


def test_the_limits_are_the_codes() -> None:
    """Each number of the table is the code's own."""
    assert {what: int(value.replace(",", "").split(" ")[0].rstrip(",")) for what, value in _limits()} == LIMITS


def _limits() -> list[tuple[str, str]]:
    found = [(what, re.match(r"[\d,]*\d", value)) for what, value in rows(DOCUMENT, "limit | value")]
    return [(what, match[0]) for what, match in found if match]


def test_the_attempts_follow_the_schedule() -> None:
    """The pauses of the sentence are those of a receiver that never answers."""
    units = {"second": 1, "minute": 60, "hour": 3600}
    (sentence,) = re.findall(r"Attempts follow each other after (.*?), each up to", DOCUMENT.replace("\n", " "))
    pauses = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (second|minute|hour)", sentence)]
    at, found = 0, list[int]()
    for attempts in range(1, 10):
        following = schedule.next_attempt(attempts, 0, at, None, lambda low, _: low)
        assert following is not None
        found.append(following - at)
        at = following
    assert found == [*pauses, *[pauses[-1]] * (len(found) - len(pauses))]


def test_the_message_is_acknowledged_as_shown(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """Sent as it stands, it gets an acknowledgement of this shape; sent again, the same; and a status."""
    assert not conformance.spec_is_here() or not conformance.forbids("registry/search", MESSAGE)
    urls = ["https://partner.example.org/registry"]
    partner = Partner(*exchange_api, receiver.url, sender_id="health.example.org", callbacks={"urls": urls})
    reply = partner.send(MESSAGE)
    assert (reply.status, shape(reply.json)) == (200, shape(ACK))
    later = MESSAGE | {"header": MESSAGE["header"] | {"message_ts": "2026-03-01T09:40:00Z"}}
    assert partner.send(later).json == reply.json
    response = partner.send(STATUS, "status").json["message"]["txnstatus_response"]["txn_status"]
    assert response["correlation_id"] == reply.json["message"]["correlation_id"]
    assert [item["status"] for item in response["search_response"]] == ["pdng", "pdng"]
    partner.queues.take()


def test_the_callback_is_as_shown(partner: Partner, receiver: Receiver) -> None:
    """A callback has the members of the one that is shown, in their order, and the headers of the table."""
    conformance.check_callback(CALLBACK)
    partner.search(
        {**identified("UIN", "847951632"), "reference_id": "r-1"},
        {**identified("UIN", "TEST-001"), "reference_id": "r-2"},
        receiver_id=None,
    )
    partner.work()
    (sent,) = receiver.received
    assert shape(sent) == shape(CALLBACK)
    expected = {name.lower() for name in column(DOCUMENT, "header | value")} - {"authorization"}
    assert expected <= receiver.headers[0].keys()
    assert re.fullmatch(f"{re.escape(sent['message']['correlation_id'])}-1", sent["header"]["message_id"])


def test_a_subscription_begins_as_shown(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """The message is acknowledged as it stands, and what it asks for is answered with the members that are shown."""
    assert not conformance.spec_is_here() or not conformance.forbids("registry/subscribe", SUBSCRIBE)
    conformance.check_callback(SUBSCRIBED)
    urls = ["https://partner.example.org/registry"]
    shown: dict[str, Any] = {"sender_id": "health.example.org", "callbacks": {"urls": urls}, "scopes": SCOPES}
    sender = Partner(*exchange_api, receiver.url, **shown)
    assert shape(sender.send(SUBSCRIBE, "subscribe").json) == shape(ACK)
    sender.queues.take()
    partner = SubscribingPartner(*exchange_api, receiver)
    partner.begun(*SUBSCRIBE["message"]["subscribe_request"], receiver_id=None)
    assert shape(receiver.received[-1]) == shape(SUBSCRIBED)


def test_a_notification_is_as_shown(
    exchange_api: tuple[Api, Queues], people: dict[str, View], receiver: Receiver
) -> None:
    """It has the members of the one that is shown, in their order."""
    conformance.check_callback(NOTIFICATION)
    partner = SubscribingPartner(*exchange_api, receiver)
    runtime, client_id = partner.api.runtime, partner.client.client_id
    subscription = subscribed(runtime, client_id, callback_url=receiver.url, locale="")
    put(runtime, subscription, next(id_ for id_, view in people.items() if not view.get("restricted")), Event.UPDATED)
    partner.work()
    assert shape(receiver.received[-1]) == shape(NOTIFICATION)


def test_the_event_types_are_the_codes() -> None:
    """The tables name each event type, and no other."""
    assert set(column(DOCUMENT, "`reg_event_type` | what happened | `reg_records`")) == {*EventType}
    (rule,) = (
        rule
        for member, _, rule in rows(DOCUMENT, "member of `subscribe_criteria` | required | rule")
        if member == "`reg_event_type`"
    )
    assert set(re.findall(r"`(\w+)`", rule)) == {type_.value for type_ in EventType}


def test_a_status_has_the_default_page_size() -> None:
    """The page of a status without `pagination` is as large as it says."""
    assert f"Without it, the first {status._PAGE_SIZE:,} " in DOCUMENT  # noqa: SLF001


@contextmanager
def running(folder: Path, port: int) -> Iterator[Path]:
    """Run the receiver of the document, and return the path of its database."""
    (folder / "receiver.py").write_text(CODE)
    database = folder / "callbacks.db"
    arguments = [sys.executable, "receiver.py", str(port), str(database)]
    with subprocess.Popen(arguments, cwd=folder, env={**os.environ, "CALLBACK_TOKEN": "secret"}) as process:
        try:
            _wait_for(port)
            yield database
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with closing(socket.socket()) as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the receiver does not listen")


def free_port() -> int:
    """Return a port that nobody listens at."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_the_receiver_takes_what_the_registry_sends(exchange_api: tuple[Api, Queues], tmp_path: Path) -> None:
    """It accepts the registered token alone, stores each page once, and its answer is success."""
    port = free_port()
    with running(tmp_path, port) as database:
        url = f"http://127.0.0.1:{port}/registry/on-search"
        partner = Partner(*exchange_api, url, callbacks={"auth": "bearer", "secret": "secret"})
        stranger = Partner(*exchange_api, url, callbacks={"auth": "bearer", "secret": "another"})
        replies = [each.search(identified("UIN", "847951632")) for each in (partner, partner, stranger)]
        partner.work()
        assert [partner.state(reply) for reply in replies] == ["answered", "answered", "delivering"]
        with closing(sqlite3.connect(database)) as opened:
            stored = [correlation_id for (correlation_id,) in opened.execute("SELECT correlation_id FROM callbacks")]
    assert stored == [reply.json["message"]["correlation_id"] for reply in replies[:2]]


def test_the_commands_show_that_a_repetition_is_stored_once(tmp_path: Path) -> None:
    """Pasted into a shell, beside the receiver and the callback, they print what the text says."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the commands need bash and curl")
    (tmp_path / "receiver.py").write_text(CODE)
    (tmp_path / "callback.json").write_text(json.dumps(CALLBACK))
    commands = COMMANDS.replace("4000", str(free_port())).replace("python3", sys.executable)
    done = subprocess.run([bash, "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False)
    *acknowledged, counted = done.stdout.splitlines()
    assert [json.loads(line)["message"]["ack_status"] for line in acknowledged] == ["ACK", "ACK"]
    assert counted == "1"
