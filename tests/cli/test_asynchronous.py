"""Asynchronous searches on a laptop: `dci serve` acknowledges them, works on them and calls back."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from dci_common.registry.model.records import Identifier, Person
from support.api import Reply, identified
from support.events import ROOT, body_of
from support.exchanges import ACK, receiving
from support.import_files import jsonl
from support.server_process import ServerProcess, dci_serve, eventually

KNOWN = "847951632"
_PATIENCE = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server."""
    with dci_serve(tmp_path_factory.mktemp("server")) as server:
        yield server


def search(server: ServerProcess, url: str) -> Reply:
    """Search the known person, to be called back at a URL."""
    message = body_of("exchange_search")
    message["header"] |= {"message_id": str(uuid4()), "sender_uri": url}
    message["message"]["search_request"] = [identified("UIN", KNOWN)]
    return server.send("POST", "/registry/search", message, **server.authorization("partner"))


def correlation_id(reply: Reply) -> str:
    """Return the id in an acknowledgement."""
    assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK"), reply
    return str(reply.json["message"]["correlation_id"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_search_is_acknowledged_and_called_back(server: ServerProcess, host: str) -> None:
    """The demo partner is called back at either name of this machine, and the console has a line for it."""
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", host)
        expected = correlation_id(search(server, url))
        eventually(lambda: receiver.received)
        (message,) = receiver.received
    assert message["message"]["correlation_id"] == expected
    [record] = message["message"]["search_response"][0]["data"]["reg_records"]
    assert record["identifier"][0]["identifier_value"] == KNOWN
    line = rf"[-\dT:.]+Z POST {re.escape(url)} 200 \d+ ms client=[-\w]+ correlation_id={expected} delivered"
    eventually(lambda: re.search(rf"^{line}$", server.log.read_text(), re.MULTILINE))
    accepted = rf"[-\dT:.]+Z POST /registry/search 200 \d+ ms client=[-\w]+ correlation_id={expected}"
    assert re.search(rf"^{accepted}$", server.log.read_text(), re.MULTILINE)


def test_another_host_is_not_called_back(server: ServerProcess) -> None:
    """The demo partner names no address outside of this machine."""
    assert search(server, "http://192.0.2.1/on-search").code == "err.sender_uri.invalid"


@pytest.mark.exhaustive
def test_a_receiver_that_is_down_at_first_gets_the_answer_later(server: ServerProcess) -> None:
    """A callback that nobody takes is reported on the console, and arrives when examples/receiver.py is started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    expected = correlation_id(search(server, f"http://127.0.0.1:{port}/on-search"))
    eventually(lambda: f"correlation_id={expected} failed next=" in server.log.read_text())
    command = [sys.executable, str(ROOT / "examples" / "receiver.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        printed = ""
        while not printed.endswith("\n}\n"):
            printed += process.stdout.readline()
        eventually(lambda: f"correlation_id={expected} delivered" in server.log.read_text())
        process.terminate()
    assert json.loads(printed)["message"]["correlation_id"] == expected


@pytest.mark.exhaustive
def test_a_delivery_in_progress_is_completed_at_the_end(tmp_path: Path) -> None:
    """Ctrl-C waits for a receiver that is being called, and takes its answer."""
    called, may_answer = threading.Event(), threading.Event()

    def answer(_: dict[str, Any]) -> tuple[int, Any]:
        called.set()
        may_answer.wait(_PATIENCE)
        return 200, ACK

    with dci_serve(tmp_path) as server, receiving() as receiver:
        receiver.answer = answer
        expected = correlation_id(search(server, receiver.url))
        assert called.wait(_PATIENCE)
        server.process.send_signal(signal.SIGINT)
        eventually(lambda: "Completing what is being delivered" in server.log.read_text())
        may_answer.set()
        assert server.process.wait(_PATIENCE) == 0
    lines = server.log.read_text().splitlines()
    assert lines[-1] == "Stopped."
    assert [line for line in lines if line.endswith(f"correlation_id={expected} delivered")]
    assert "Traceback" not in "\n".join(lines)


@pytest.mark.exhaustive
@pytest.mark.dynamodb_local
def test_what_was_accepted_survives_a_kill(tmp_path: Path) -> None:
    """After `kill -9`, while a receiver holds two callbacks up and others wait, the next server delivers all."""
    options = ("--engine", "dynamodb-local", "--data", str(tmp_path / "data"))
    person = Person(id="p1", identifiers=(Identifier(identifier_type="UIN", identifier_value=KNOWN),))
    files = ("--registry", str(jsonl(tmp_path / "people.jsonl", [person])))
    called, killed = threading.Semaphore(0), threading.Event()

    def answer(_: dict[str, Any]) -> tuple[int, Any]:
        called.release()
        return (200, ACK) if killed.wait(_PATIENCE) else (500, {})

    with receiving() as receiver:
        with dci_serve(tmp_path, *options, *files) as server:
            receiver.answer = answer
            assert server.send("GET", "/openid/.well-known/openid-configuration").status == 404  # of the demo alone
            assert "login" not in server.welcome
            accepted = {correlation_id(search(server, receiver.url)) for _ in range(5)}
            for _ in range(2):
                assert called.acquire(timeout=_PATIENCE)
            [engine] = children(server.process.pid)
            server.process.kill()
            server.process.wait()
        eventually(lambda: not is_running(engine))
        receiver.answer = lambda _: (200, ACK)
        killed.set()
        receiver.received.clear()
        with dci_serve(tmp_path, *options) as server:
            eventually(lambda: {message["message"]["correlation_id"] for message in receiver.received} >= accepted)
            eventually(lambda: server.log.read_text().count(" delivered\n") == len(accepted))


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=True)  # noqa: S607
    return [int(line) for line in found.stdout.split()]


def is_running(process: int) -> bool:
    """Return whether a process exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
