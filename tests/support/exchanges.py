"""Asynchronous exchange as tests drive it: queues in their hands, and a receiver of callbacks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from botocore.exceptions import EndpointConnectionError

from dci_common.exchange.exchange_store import ExchangeStore
from support import conformance
from support.admin_client import Admin
from support.api import Api, Reply
from support.events import body_of, event

if TYPE_CHECKING:
    from dci_common.clients.model import Client

SWEEP = event("sweep")
QUEUED = event("queued_work")
ACK = {"message": {"ack_status": "ACK"}}
Answering = Callable[[dict[str, Any]], tuple[int, Any]]


class Queues:
    """SQS: messages are kept until they are taken; those with a delay, until time passes."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.fails = False

    def send_message(self, **request: Any) -> dict[str, Any]:
        """Add a message to a queue."""
        if self.fails:
            raise EndpointConnectionError(endpoint_url="sqs")
        self.sent.append(request)
        return {"MessageId": str(len(self.sent))}

    def take(self) -> list[str]:
        """Take all messages that are not delayed."""
        taken = [message["MessageBody"] for message in self.sent if not message["DelaySeconds"]]
        self.sent = [message for message in self.sent if message["DelaySeconds"]]
        return taken

    def pass_time(self) -> None:
        """Let the delays of all messages end."""
        self.sent = [message | {"DelaySeconds": 0} for message in self.sent]


@dataclass
class Receiver:
    """A partner's receiver: what it was sent, and what it answers."""

    url: str
    received: list[dict[str, Any]] = field(default_factory=list)
    arrived: list[dict[str, Any]] = field(default_factory=list)  # those that it did not take, too
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Answering = lambda _: (200, ACK)
    answer_headers: dict[str, str] = field(default_factory=dict)

    @property
    def pages(self) -> list[list[dict[str, Any]]]:
        """The response items of each callback."""
        return [message["message"]["search_response"] for message in self.received]

    @property
    def ids(self) -> list[str]:
        """What identifies each record of all callbacks, in their order."""
        return [record_id(record) for page in self.pages for item in page for record in records_of(item)]


def records_of(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a response item."""
    found: list[dict[str, Any]] = item.get("data", {}).get("reg_records", [])
    return found


def record_id(record: dict[str, Any]) -> str:
    """Return what identifies a rendered record."""
    return json.dumps(record, sort_keys=True)


@contextmanager
def receiving(address: str = "127.0.0.1") -> Iterator[Receiver]:
    """Run a receiver on this machine. Raises, at the end, what is wrong by the standard with a callback."""
    faults: list[Exception] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_form = self.headers["Content-Type"] != "application/json"  # as sent to a token endpoint
            body = {"form": text} if is_form else json.loads(text)
            if not is_form:
                receiver.arrived.append(body)
                try:
                    conformance.check_callback(body)
                except Exception as error:  # noqa: BLE001 - raised in the test, of which this is not the thread
                    faults.append(error)
            receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, content = receiver.answer(body)
            if not status:
                return  # it hangs up
            if 200 <= status < 300:
                receiver.received.append(body)
            written = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in receiver.answer_headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer((address, 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/on-search")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()
    for fault in faults:
        raise fault


class Partner:
    """A client that sends asynchronous messages, and whose exchanges the test works on."""

    def __init__(self, api: Api, queues: Queues, url: str, **changes: Any) -> None:
        callbacks = {"urls": ["http://127.0.0.1"], **changes.pop("callbacks", {})}
        fields = {
            "scopes": ("registry.search", "registry.status"),
            "flags": {"asynchronous": True, **changes.pop("flags", {})},
            "callbacks": callbacks,
            "sender_id": f"partner {api.runtime.random_bytes(6).hex()}",
            **changes,
        }
        self._begin(api, queues, url, *api.client(**fields))

    @classmethod
    def of(cls, api: Api, queues: Queues, url: str, client: Client, secret: str) -> Partner:
        """Return the partner of a client that is registered already."""
        partner = cls.__new__(cls)
        partner._begin(api, queues, url, client, secret)  # noqa: SLF001 - its own
        return partner

    def _begin(self, api: Api, queues: Queues, url: str, client: Client, secret: str) -> None:
        self.api, self.queues, self.client, self.secret = api, queues, client, secret
        self.token = str(api.token(client, secret).json["access_token"])
        self.url = url
        self._numbers = iter(range(1, 1_000_000))

    def message(self, *items: dict[str, Any], name: str = "exchange_search", **header: Any) -> dict[str, Any]:
        """Return a message with ids of its own."""
        made: dict[str, Any] = body_of(name)
        number = next(self._numbers)
        made["header"] |= {"message_id": f"m-{number}", "sender_id": self.client.sender_id, "sender_uri": self.url}
        made["header"] |= header
        made["header"] = {member: value for member, value in made["header"].items() if value is not None}
        made["message"]["transaction_id"] = f"t-{number}"
        if items:
            made["message"]["search_request"] = list(items)
        return made

    def send(self, message: object, name: str = "exchange_search") -> Reply:
        """Send a message."""
        return self.api.send(event(name, body=message, token=self.token))

    def search(self, *items: dict[str, Any], **header: Any) -> Reply:
        """Send an asynchronous search."""
        return self.send(self.message(*items, **header))

    def status(self, attribute_type: str, value: object, **question: Any) -> Reply:
        """Ask for the status of a transaction at once."""
        message = self.message(name="status", sender_uri=None)
        message["message"]["txnstatus_request"] |= {
            "attribute_type": attribute_type,
            "attribute_value": value,
            **question,
        }
        return self.send(message, "status")

    def work(self, rounds: int = 1_000, *, to_the_end: bool = True) -> None:
        """Have the delivery function do all that is queued, and what it queues, but not what is due later."""
        for _ in range(rounds):
            bodies = self.queues.take()
            if not bodies:
                return
            (record,) = QUEUED["Records"]
            records = [record | {"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
            failures = self.api.deliver({"Records": records}, None)["batchItemFailures"]
            assert failures == []
        assert not to_the_end, "the queues do not become empty"

    def sweep(self) -> None:
        """Have the schedule call, and all be done that it queues, and what was delayed until now."""
        self.queues.pass_time()
        self.api.deliver(SWEEP, None)
        self.work()

    def state(self, reply: Reply) -> str:
        """Return the state of the exchange that a reply acknowledges."""
        exchange = ExchangeStore(self.api.runtime).get(reply.json["message"]["correlation_id"])
        assert exchange
        return exchange.state


def change_client(partner: Partner, **changes: Any) -> None:
    """Have an administrator change members of a partner's client."""
    admin, client_id = Admin(partner.api), partner.client.client_id
    reply = admin.update(client_id, admin.send("client_get", client_id).headers["ETag"], **changes)
    assert reply.status == 200, reply.text
