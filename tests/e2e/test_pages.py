"""The pages for browsers from the console function's container."""

from __future__ import annotations

import pytest

from support.server_process import ServerProcess


@pytest.mark.parametrize("path", ["/console/", "/docs/"])
def test_a_page_is_at_its_address(api: ServerProcess, path: str) -> None:
    """An address that ends with a slash, which no route does, has its page."""
    reply = api.send("GET", path)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
