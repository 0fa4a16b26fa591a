"""The time from a write to its notification, beside `make run`: `.venv/bin/python bench/notification.py`.

People are written one after the other, and each is awaited by a receiver in this process.
"""

from __future__ import annotations

import json
import queue
import statistics
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dci_cli.local_server import local_environment
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.records import Identifier, Person
from dci_common.registry.write.writer import RegistryWriter
from dci_common.runtime import Runtime
from dci_common.settings import Settings

_CREDENTIALS = Path(".local/credentials.json")
_WRITES, _PATIENCE = 20, 30
_TIME = "2026-03-01T09:30:00Z"
_EVERYBODY = {"reg_event_type": "REGISTER", "filter": {"type": "*", "value": "*"}, "notify_record_type": "SRPerson"}
_received: queue.Queue[float] = queue.Queue()


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        _received.put(time.monotonic())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def _post(url: str, body: bytes, **headers: str) -> Any:  # noqa: ANN401 - JSON
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=_PATIENCE) as answer:  # noqa: S310
        return json.load(answer)


def _subscribe(port: int) -> None:
    demo = json.loads(_CREDENTIALS.read_text())
    url, partner = demo["base_url"], {name: demo["partner"][name] for name in ("client_id", "client_secret")}
    form = urlencode({"grant_type": "client_credentials", **partner}).encode()
    token = _post(f"{url}/oauth2/client/token", form)["access_token"]
    header = {"version": "1.0.0", "message_id": str(uuid.uuid4()), "message_ts": _TIME, "action": "subscribe"}
    header |= {"sender_id": "test-client", "sender_uri": f"http://127.0.0.1:{port}/notify"}
    item = {"reference_id": "1", "timestamp": _TIME, "subscribe_criteria": _EVERYBODY}
    message = {
        "header": {**header, "total_count": 1},
        "message": {"transaction_id": "1", "subscribe_request": [item]},
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    _post(f"{url}/registry/subscribe", json.dumps(message).encode(), **headers)
    _received.get(timeout=_PATIENCE)


def _measure(name: str, writer: RegistryWriter) -> float:
    identifier = Identifier(identifier_type="UIN", identifier_value=name)
    writer.put(Person(id=name, identifiers=(identifier,)))
    written = time.monotonic()
    return _received.get(timeout=_PATIENCE) - written


def main() -> None:
    """Subscribe, write, and print the median and the longest time."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _subscribe(server.server_port)
        with local_environment(_CREDENTIALS):
            writer = RegistryWriter(Runtime(Settings(registry_table="dci-registry")), SOCIAL_CATALOGUE)
            run = uuid.uuid4().hex[:8]
            took = [_measure(f"{run}-{number}", writer) for number in range(_WRITES)]
        server.shutdown()
    print(f"{_WRITES} writes: notified after {statistics.median(took):.2f} s (median), {max(took):.2f} s at most")


if __name__ == "__main__":
    main()
