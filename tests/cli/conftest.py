"""The command line, called in this process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from dci_cli.__main__ import main
from dci_cli.local.server import GatewayServer
from support.echo_gateway import echoing


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The one line in which the command said why it could not work."""
        assert (self.status, self.out) == (2, "")
        [line] = self.err.splitlines()
        assert line.startswith("dci: ")
        return line.removeprefix("dci: ")


Dci = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Restore the actions of signals, which commands that serve change."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def dci(capsys: pytest.CaptureFixture[str]) -> Dci:
    """Return the command line as a function of its arguments."""

    def run(*arguments: str) -> Outcome:
        status = main(arguments)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture
def server() -> Iterator[GatewayServer]:
    """Run a gateway whose handlers answer with the event that they got."""
    with echoing() as server:
        yield server
