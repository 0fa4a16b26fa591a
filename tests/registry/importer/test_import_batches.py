"""Writing in batches: nothing is lost, however long DynamoDB is busy."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from dci_cli.aws import OperatorRuntime
from dci_cli.command_error import CommandError
from dci_cli.parallel import chunks, in_parallel
from dci_cli.registry.support.batch_writer import write_all, write_batch
from dci_cli.registry.support.progress import Progress
from dci_common.aws.retry import Retry
from dci_common.settings import Settings
from support.retry_pauses import NO_PAUSES, retry_with_sleep

ITEMS = [{"pk": {"S": f"PERSON#{number}"}, "sk": {"S": "RECORD"}} for number in range(25)]


class Dynamodb:
    """Takes batches as `answers` say: how many items of a batch it writes, or what goes wrong; at last everything."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.written: list[Any] = []
        self.sizes: list[int] = []

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 - AWS's own name
        (requests,) = RequestItems.values()
        self.sizes.append(len(requests))
        answer = self.answers.pop(0) if self.answers else len(requests)
        if isinstance(answer, Exception):
            raise answer
        self.written += requests[:answer]
        left = requests[answer:]
        return {"UnprocessedItems": {"registry": left} if left else {}}


def rejection(code: str) -> ClientError:
    """Return the error that botocore raises for a code of DynamoDB."""
    return ClientError({"Error": {"Code": code, "Message": ""}}, "BatchWriteItem")


def over(dynamodb: Dynamodb, retry: Retry) -> OperatorRuntime:
    """Return a runtime with this client."""
    runtime = OperatorRuntime(Settings(), retry=retry)
    vars(runtime)["dynamodb"] = dynamodb
    return runtime


def write(dynamodb: Dynamodb, sleep: Callable[[float], None] = lambda _: None) -> None:
    """Write the items."""
    write_batch(over(dynamodb, retry_with_sleep(sleep)), "registry", ITEMS)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [24, 0],
        [0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 5, 0, 0],
        [rejection("ThrottlingException"), rejection("ProvisionedThroughputExceededException"), 3],
        [ReadTimeoutError(endpoint_url="x"), EndpointConnectionError(endpoint_url="x")],
    ],
)
def test_batches_are_repeated_until_all_is_written(answers: list[int | Exception]) -> None:
    """What DynamoDB left over or throttled, or whose answer was lost, is written in the end."""
    dynamodb, sleeps = Dynamodb(*answers), list[float]()
    write(dynamodb, sleeps.append)
    assert sorted(request["PutRequest"]["Item"]["pk"]["S"] for request in dynamodb.written) == sorted(
        item["pk"]["S"] for item in ITEMS
    )
    assert len(sleeps) == len(answers)
    assert all(0 <= seconds <= 20 for seconds in sleeps)


def test_a_table_that_stays_busy_ends_the_import() -> None:
    """When the table accepts nothing for long, the error says what to do."""
    with pytest.raises(CommandError, match="run the import again later; it skips what is already loaded"):
        write(Dynamodb(*[0] * 100))


def test_a_rejected_batch_is_not_repeated() -> None:
    """What DynamoDB rejects is raised at once."""
    with pytest.raises(ClientError, match="AccessDenied"):
        write(Dynamodb(rejection("AccessDeniedException")))


def test_many_items_are_written_in_batches() -> None:
    """Items are written 25 at a time, which is all that DynamoDB accepts."""
    dynamodb = Dynamodb()
    items = [{"pk": {"S": str(number)}} for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        write_all(over(dynamodb, NO_PAUSES), "registry", pool, iter(items))
    assert len(dynamodb.written) == 60
    assert sorted(dynamodb.sizes) == [10, 25, 25]


def test_results_come_in_order() -> None:
    """Results come in the order of the items, few of which are read ahead."""
    read: list[int] = []

    def things() -> Any:
        for number in range(100):
            read.append(number)
            yield number

    with ThreadPoolExecutor(8) as pool:
        made = in_parallel(pool, lambda number: -number, things())
        assert next(made) == (0, 0)
        assert len(read) == 16
        assert list(made) == [(number, -number) for number in range(1, 100)]
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal that can draw."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def draw(terminal: Terminal) -> str:
    """Run a command of 100 seconds, and return what it wrote to the terminal."""
    times = iter([0.0, 0.1, 60.0, 100.0, 100.1])
    with Progress("Writing", "records", 400, stream=terminal, clock=lambda: next(times)) as progress:
        progress.advance(1)
        progress.advance(99)
        progress.advance(300)
    return terminal.getvalue()


def test_a_terminal_shows_a_bar_then_the_summary(terminal: Terminal) -> None:
    """On a terminal a bar shows the percentage and the rate; the summary replaces it."""
    drawn = draw(terminal)
    assert "━" in drawn
    assert "100%" in drawn
    assert "4 records a second" in drawn
    assert drawn.endswith("\x1b[2KWriting: 400 records in 1 min 40 s, 4 a second\n")


def test_no_color_removes_the_colours_of_a_bar(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the bar has no colours."""
    colour = re.compile(r"\x1b\[[0-9;]*(3[0-7]|38;|9[0-7])")
    assert colour.search(draw(terminal))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(draw(Terminal()))


def test_a_bar_ends_with_its_command(terminal: Terminal) -> None:
    """A command that fails leaves neither the bar nor a summary, and shows the cursor again."""
    with pytest.raises(KeyError), Progress("Writing", "records", 400, stream=terminal):
        raise KeyError
    assert "Writing: " not in terminal.getvalue()
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


def test_a_file_gets_a_line_from_time_to_time() -> None:
    """Elsewhere a plain line is written every ten seconds; the total may have another unit than what is counted."""
    file, times = io.StringIO(), iter([0.0, 5.0, 12.0, 13.0, 7213.0])
    with Progress("Reading", "rows", 1_000_000, stream=file, clock=lambda: next(times)) as progress:
        progress.advance(1000, 1)
        progress.advance(1000, 9_999)
        progress.advance(1000, 5_000)
    assert file.getvalue() == (
        "Reading: 0%, 833 rows a second, 1 h 39 min left\nReading: 15,000 rows in 2 h 00 min, 2 a second\n"
    )
