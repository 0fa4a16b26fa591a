"""Writing in batches: nothing is lost, however long DynamoDB is busy."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from dci_cli.command_error import CommandError
from dci_cli.registry.support.batch_writer import write_all, write_batch
from dci_cli.registry.support.parallel import chunks, in_parallel
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.table import OperatorRuntime
from dci_common.aws.retry import Retry
from dci_common.settings import Settings
from support.pauses import NO_PAUSES, pausing

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
    write_batch(over(dynamodb, pausing(sleep)), "registry", ITEMS)


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
    """When the table accepts nothing for long, the error says how to go on."""
    with pytest.raises(CommandError, match=r"try again later\. What is loaded already is skipped then"):
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


def test_in_parallel() -> None:
    """Results come in the order of the things, of which few are read ahead."""
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


def test_a_bar() -> None:
    """On a terminal there is a bar with the rate and the time left, redrawn a few times a second."""
    terminal, times = Terminal(), iter([0.0, 0.1, 60.0, 100.0, 100.1])
    progress = Progress("Writing", "records", 400, stream=terminal, clock=lambda: next(times))
    progress.advance(1)
    progress.advance(99)
    progress.advance(300)
    progress.finish()
    assert terminal.getvalue() == (
        "\r\x1b[KWriting [######..................] 25%, 2 records a second, 3 min 00 s left"
        "\r\x1b[KWriting [########################] 100%, 4 records a second, 0.0 s left"
        "\r\x1b[KWriting: 400 records in 1 min 40 s, 4 a second\n"
    )


def test_plain_lines() -> None:
    """Elsewhere there is a plain line now and then; what is counted may differ from what the total measures."""
    file, times = io.StringIO(), iter([0.0, 5.0, 12.0, 13.0, 7213.0])
    progress = Progress("Reading", "rows", 1_000_000, stream=file, clock=lambda: next(times))
    progress.advance(1000, 1)
    progress.advance(1000, 9_999)
    progress.advance(1000, 5_000)
    progress.finish()
    assert file.getvalue() == (
        "Reading: 0%, 833 rows a second, 1 h 39 min left\nReading: 15,000 rows in 2 h 00 min, 2 a second\n"
    )
