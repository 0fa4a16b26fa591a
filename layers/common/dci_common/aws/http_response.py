"""One HTTP response as it arrives, parsed by httptools (llhttp, which is strict)."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_MAX_HEAD_BYTES = 64 * 1024  # of the headers, with those of interim responses
_INTERIM = range(100, 200)
_VERSIONS = {"1.0", "1.1"}


class BrokenResponse(Exception):
    """What arrived is not exactly one HTTP response."""


class Response:
    """The response to one request; `is_complete` when all of it has arrived, and `length` is what it announces.

    Its end must be marked by its length or by its last chunk: a response that ends with the connection may have been
    cut. Interim responses (1xx) before it are skipped. `is_last` means that the connection must not be used again.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self.is_last = True
        self.status = self.length = 0
        self.headers: dict[bytes, bytes] = {}  # names in lower case
        self._sent_headers: dict[bytes, bytes] = {}  # as they arrive, with those of interim responses
        self._parts: list[bytes] = []
        self._head_bytes = 0
        self._has_head = False
        # httptools calls these for each header, and for each part of the body: compiled code, as headers are many.
        self.on_header = self._sent_headers.setdefault
        self.on_body = self._parts.append
        self._parser = HttpResponseParser(self)

    @property
    def body(self) -> bytes:
        """What has arrived of the body."""
        return b"".join(self._parts)

    def feed(self, received: bytes) -> None:
        """Add what was received; nothing, where the connection has ended. Raises BrokenResponse."""
        if not received:
            raise BrokenResponse
        try:
            self._parser.feed_data(received)
        except (HttpParserError, HttpParserUpgrade):  # about bytes that may be secret: the cause is not passed on
            raise BrokenResponse from None
        if not self._has_head:
            self._head_bytes += len(received)
            if self._head_bytes > _MAX_HEAD_BYTES:
                raise BrokenResponse

    def close(self) -> None:
        """Release the parser, which refers to this object."""
        del self._parser

    # What httptools calls. An error is raised again by `feed_data`.

    def on_message_begin(self) -> None:
        """Reject what follows a whole response: nobody has asked for it."""
        if self.is_complete:
            raise BrokenResponse
        self._sent_headers.clear()

    def on_headers_complete(self) -> None:
        """Read the status, unless the response is interim, and the headers, of which the first of a name counts."""
        parser = self._parser
        if parser.get_http_version() not in _VERSIONS:
            raise BrokenResponse
        self.status = parser.get_status_code()
        self._has_head = self.status not in _INTERIM
        self.is_last = not parser.should_keep_alive()
        self.headers = {name.lower(): value for name, value in reversed(self._sent_headers.items())}
        self.length = int(self.headers.get(b"content-length", b"0"))  # which the parser has checked

    def on_message_complete(self) -> None:
        """Note that the response is complete, unless it is interim."""
        self.is_complete = self._has_head
