"""The HTTP client of callbacks, their tokens, and key sets: it reaches public addresses only.

No server can hold it up or mislead it. Redirects are not followed, proxies in the environment and cookies are not
used, and nothing is decompressed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from dci_common.outbound.answers import HttpAnswer, NotSent
from dci_common.outbound.network import Countdown, HttpRequest, Network, read_target

if TYPE_CHECKING:
    from dci_common.settings import Settings

TIME_LIMIT = 15  # seconds: for resolution, connection, TLS, request and answer together
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "connection": "close",
    "user-agent": "dci-api-server",
}
# The request's framing, and what would change how its answer is read.
_RESERVED = {
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
}
_RESERVED |= {"upgrade"}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class HttpClient:
    """Sends requests to partners, from any number of threads.

    `clock` returns epoch seconds, `time_limit` is in seconds, and is measured by `timer`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        time_limit: float = TIME_LIMIT,
        timer: Callable[[], float] = time.monotonic,
        network: Network | None = None,
    ) -> None:
        self._test_hosts = settings.callback_test_origins
        self._clock, self._time_limit, self._timer = clock, time_limit, timer
        network = network or Network()
        self._network = replace(network, tls_context=cache(network.tls_context))

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Send a request once, and return the response whatever it says. Raises NotSent and NoAnswer.

        `headers` may replace the content type, which is JSON.
        """
        target = read_target(url, self._test_hosts)
        sent = {**_HEADERS, "content-type": "application/json", **_checked(headers)}
        return self._send(HttpRequest("POST", target, sent, body), self._time_limit)

    def get(self, url: str, seconds: float) -> HttpAnswer:
        """Ask for JSON once, and return the response, whatever it says. Raises NotSent and NoAnswer.

        It takes at most `seconds`, and no longer than the client's own time limit.
        """
        request = HttpRequest("GET", read_target(url, self._test_hosts), _HEADERS)
        return self._send(request, min(seconds, self._time_limit))

    def _send(self, request: HttpRequest, seconds: float) -> HttpAnswer:
        from dci_common.outbound.connection import send  # noqa: PLC0415 - httpcore is long to import

        return send(request, network=self._network, countdown=Countdown(seconds, self._timer), now=self._clock)


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers by lower-case names. Raises NotSent for one that could change the rest of the request."""
    lower = {name.lower(): value for name, value in headers.items()}
    well_formed = all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in lower.items())
    if not well_formed or not _RESERVED.isdisjoint(lower):
        raise NotSent("A header of the request is not allowed: its name, or a character in its value.")
    return lower
