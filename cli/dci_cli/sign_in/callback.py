"""Where the browser comes back to: a server on this machine that waits for the one answer of a sign-in (RFC 8252)."""

from __future__ import annotations

import hmac
import queue
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from dci_cli.command_error import CommandError

_REDIRECT = re.compile(r"http://(127\.0\.0\.1|localhost):([0-9]{1,5})(/[A-Za-z0-9/_-]*)")
_MAX_PORT = 65535
_SECONDS = 10  # that a request may take to arrive
_DONE = "The answer has arrived. Close this page, and see the terminal for the result."
_FOREIGN = "This is not the answer that the sign-in in the terminal waits for. Start it again there."


class Callback(ThreadingHTTPServer):
    """Waits at a redirect URI for an answer with the state of this sign-in; everything else is rejected."""

    daemon_threads = True

    def __init__(self, redirect_uri: str, state: str) -> None:
        """Listen. Raises CommandError when the URI is not this machine's, or its port is in use."""
        parts = _REDIRECT.fullmatch(redirect_uri)
        if parts is None or int(parts[2]) > _MAX_PORT:
            raise CommandError(
                "The redirect URI must be of this machine, with a port and a path, as in"
                " http://127.0.0.1:18245/callback."
            )
        host, port, path = parts[1], int(parts[2]), parts[3]
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}): end the other sign-in, or give --redirect-uri."
            ) from error
        self.host, self.path = f"{host}:{self.server_address[1]}", path
        self.redirect_uri = f"http://{self.host}{path}"
        self._state = state
        self._answers: queue.Queue[Mapping[str, str]] = queue.Queue()

    def read(self, query: str) -> Mapping[str, str] | None:
        """Return the parameters of an answer, if it is the one that is waited for. Raises ValueError."""
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
        found = dict(pairs)
        state = found.get("state", "").encode("utf-8", "surrogatepass")
        is_awaited = len(found) == len(pairs) and hmac.compare_digest(state, self._state.encode())
        return found if is_awaited else None

    def handle_error(self, *_: object) -> None:
        """Print nothing: a browser that closes a connection ends no sign-in."""

    def take(self, answer: Mapping[str, str]) -> None:
        """End the waiting with an answer."""
        self._answers.put(answer)

    def wait(self, seconds: float) -> Mapping[str, str]:
        """Return the answer's parameters. Raises CommandError when none has come in so many seconds."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            raise CommandError(f"Nobody has signed in within {seconds / 60:.0f} minutes: start again.") from None


@contextmanager
def listening(redirect_uri: str, state: str) -> Iterator[Callback]:
    """Listen at a redirect URI; a port 0 in it means a free one. Raises CommandError."""
    with Callback(redirect_uri, state) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    timeout = _SECONDS
    server: Callback

    def do_GET(self) -> None:
        """Answer the browser. Another host is a web page whose name leads here."""
        path, _, query = self.path.partition("?")
        if path != self.server.path or self.headers.get_all("Host") != [self.server.host]:
            self._page(HTTPStatus.NOT_FOUND, "There is nothing here.")
            return
        try:
            answer = self.server.read(query)
        except ValueError:
            answer = None
        if answer is None:
            self._page(HTTPStatus.BAD_REQUEST, _FOREIGN)
            return
        with suppress(ConnectionError):  # the browser may have gone
            self._page(HTTPStatus.OK, _DONE)
        self.server.take(answer)  # only now, because the command may end at once

    def _page(self, status: HTTPStatus, sentence: str) -> None:
        html = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>dci login</title><p>{escape(sentence)}</p>'
        )
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(html))),
            ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Write nothing: a line would have the code."""
