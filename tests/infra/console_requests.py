"""Requests of the console's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.events import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.api import Api
    from support.events import Event


def files(_: Api) -> Iterator[tuple[int, Event]]:
    """Yield a request of each route, and one of the configuration."""
    yield 200, event("console_bare")
    yield 200, event("console_home")
    yield 200, event("console_file")
    configuration = event("console_file")
    configuration["pathParameters"] = {"proxy": "config.json"}
    yield 200, configuration
    yield 200, event("docs_bare")
    yield 200, event("docs_home")
    yield 200, event("docs_file")
    yield 200, event("openapi")
    yield 302, event("root")
