"""A proxy between the operator and the API that alters responses."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """A response that the proxy returns; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


Alter = Callable[[Answer], object]
_HOPS = {"connection", "content-length", "server"}


@contextmanager
def tampering_proxy(base_url: str, alterations: dict[str, Alter]) -> Iterator[str]:
    """Yield the URL of a proxy for `base_url` that alters the responses of some paths."""

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = {name: value for name, value in self.headers.items() if name.lower() not in {"host", *_HOPS}}
            url = base_url + self.path
            answer = _asked(urllib.request.Request(url, body or None, sent, method=self.command))  # noqa: S310
            if alter := alterations.get(self.path):
                alter(answer)
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = pass_on  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _asked(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            status, headers, body = reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, headers, body = error.code, error.headers, error.read()
    return Answer(status, {name.lower(): value for name, value in headers.items() if name.lower() not in _HOPS}, body)
