"""moto's services behind an HTTP server, so that what is asked of them goes over the wire."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dci_cli.local import moto_engine
from support.fake_aws_server import http_response

_SERVICES = {"DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager", "AmazonSQS": "sqs"}


class Server(ThreadingHTTPServer):
    """Responds to AWS requests with moto, which must be running.

    `connections` is the number of connections, `asked` the number of requests to each service.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.asked: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """The endpoint of each service."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service = _SERVICES[self.headers["X-Amz-Target"].partition(".")[0]]
        self.server.asked[service] += 1
        host = f"{service}.eu-west-1.amazonaws.com"
        answer, said = moto_engine.ask(f"https://{host}", dict(self.headers) | {"Host": host}, body)
        checksum = [f"x-amz-crc32: {said['x-amz-crc32']}"] if "x-amz-crc32" in said else []
        self.wfile.write(http_response(answer.status, answer.body, *checksum))

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def aws_over_http() -> Iterator[Server]:
    """Run the server."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
