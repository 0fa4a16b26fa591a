"""DynamoDB stops answering, and comes back."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from support.api import Reply
from support.events import body_of
from support.server_process import ServerProcess


@contextmanager
def engine_stopped(api: ServerProcess) -> Iterator[None]:
    """Hold DynamoDB Local still: it is a process of the server's."""
    found = subprocess.check_output(["pgrep", "-P", str(api.process.pid), "java"], text=True)  # noqa: S607
    os.kill(int(found), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(int(found), signal.SIGCONT)


def test_a_stopped_engine_is_503_until_it_runs_again(
    api: ServerProcess, partner: dict[str, str], admin: dict[str, str]
) -> None:
    """Each function answers 503 with Retry-After while DynamoDB is unreachable, and works again afterwards."""
    requests: list[Callable[[], Reply]] = [
        lambda: api.token("partner"),
        lambda: api.send("POST", "/registry/sync/search", body_of("search"), **partner),
        lambda: api.send("GET", "/clients", **admin),
    ]

    def answers() -> list[Reply]:
        with ThreadPoolExecutor() as threads:
            return list(threads.map(lambda send: send(), requests))

    assert [reply.status for reply in answers()] == [200] * 3
    with engine_stopped(api):
        refused = answers()
        assert api.send("GET", "/health").status == 200
    assert [(reply.status, reply.headers.get("Retry-After")) for reply in refused] == [(503, "5")] * 3
    assert refused[0].json["error"] == "temporarily_unavailable"
    assert [reply.code for reply in refused[1:]] == ["err.service.unavailable"] * 2
    assert [reply.status for reply in answers()] == [200] * 3
