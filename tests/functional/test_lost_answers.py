"""Calls to DynamoDB whose answer is lost after they had their effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from dci_common.aws.services import MinimalDynamoDB
from support.api import Api, identified
from support.assertion_signer import Signer
from support.logs import Logs
from support.retry_pauses import NO_PAUSES
from support.stored_items import disclosures, stored_items

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it

NOBODY = identified("UIN", "nobody", pagination={"page_size": 1})
Lose = Callable[[str], list[int]]


@pytest.fixture
def lose(api: Api) -> Lose:
    """Return a function that loses the next answer of an operation, and returns the statuses of all its answers."""
    client = MinimalDynamoDB(NO_PAUSES)
    post = client.endpoint.post
    vars(api.runtime)["dynamodb"] = client

    def lose(operation: str) -> list[int]:
        statuses: list[int] = []

        def post_and_lose(target: str, *request: Any) -> Any:
            answer = post(target, *request)
            if target.endswith(f".{operation}"):
                statuses.append(answer.status)
                if len(statuses) == 1:
                    raise ConnectionClosedError(endpoint_url="x")
            return answer

        vars(client.endpoint)["post"] = post_and_lose
        return statuses

    return lose


def counted(api: Api) -> int:
    """Return how many requests of the API's partner were counted."""
    items = stored_items(api.runtime.settings.exchange_table)
    return sum(int(item["requests"]["N"]) for item in items if item["pk"]["S"] == f"RATE#{api.partner_id}")


def test_a_count_is_not_made_twice(api: Api, lose: Lose) -> None:
    """When it is not known whether a request was counted, it is answered with 503 and not counted again."""
    assert api.search(NOBODY).status == 200
    statuses = lose("UpdateItem")
    reply = api.search(NOBODY)
    assert (reply.status, reply.code) == (503, "err.service.unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert statuses == [200]
    assert counted(api) == 2


def test_an_assertion_is_not_used_twice(api: Api, lose: Lose) -> None:
    """A client whose assertion may have been used is asked to retry, and gets no replay error."""
    signer = Signer.of(api)
    statuses = lose("PutItem")
    reply = signer.send(signer.assertion())
    assert (reply.status, reply.json["error"]) == (503, "temporarily_unavailable")
    assert statuses == [200]


def test_a_failed_authentication_is_not_counted_twice(api: Api, lose: Lose) -> None:
    """Counting a wrong secret is not repeated, since a repetition would block the client sooner."""
    client, _ = api.client()
    statuses = lose("UpdateItem")
    assert api.token(client, "wrong").status == 503
    assert statuses == [200]


def test_an_assignment_is_repeated(api: Api, lose: Lose) -> None:
    """The time of a secret's last use may be written twice, so the client gets its token."""
    client, secret = api.client()
    statuses = lose("UpdateItem")
    assert api.token(client, secret).status == 200
    assert statuses == [200, 200]


@pytest.mark.parametrize(("operation", "answers"), [("BatchGetItem", [200, 200]), ("PutItem", [200, 400])])
def test_reads_and_audit_records_are_repeated(api: Api, lose: Lose, operation: str, answers: list[int]) -> None:
    """A lost answer to a read, or to the record of a disclosure, goes unnoticed: the record finds itself."""
    assert api.search(NOBODY).status == 200
    recorded = len(disclosures(api.partner_id))
    statuses = lose(operation)
    assert api.search(NOBODY).status == 200
    assert statuses[:2] == answers
    assert len(disclosures(api.partner_id)) == recorded + 1


def test_the_log_names_the_request_of_aws(new_api: Callable[..., Api], logs: Logs) -> None:
    """The line of a failed request has AWS's code, and the id by which AWS finds the call."""
    assert new_api(registry_table="nowhere").search(NOBODY).status == 503
    [line] = [entry for entry in logs.entries() if entry["message"] == "failure"]
    assert line["aws_error"] == "ResourceNotFoundException"
    assert line["aws_request_id"]
