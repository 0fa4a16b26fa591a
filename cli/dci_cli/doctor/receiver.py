"""A partner's receiver of callbacks: whether the registry would reach it, and what it would make of its answer.

It is sent an answer to a search that nobody made, without a record, by the HTTP client of the registry's callbacks.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic_core import from_json

from dci_cli.doctor.deployment import CheckFailed, CheckProblem, CheckWarning
from dci_common.outbound.answers import HttpAnswer, RequestFailed
from dci_common.outbound.http_client import TIME_LIMIT, HttpClient
from dci_common.timestamps import timestamp

_SLOW_SECONDS = 5
_REPEATED = "The registry would send such a callback again, for three days."


def check_receiver(url: str, token: str, sender_id: str, http_client: HttpClient, now: float) -> str:
    """Return what the receiver answered, and how fast. Raises CheckProblem."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    started = time.monotonic()
    try:
        answer = http_client.post(url, json.dumps(_message(sender_id, now)).encode(), headers)
    except RequestFailed as error:
        raise CheckFailed(error.reason, "The registry would not reach it either.") from error
    seconds = time.monotonic() - started
    if problem := _problem(answer):
        raise problem
    if seconds > _SLOW_SECONDS:
        found = f"It took {seconds:.0f} s to answer."
        raise CheckWarning(found, f"Answer before the callback is worked on: after {TIME_LIMIT} s it is a failure.")
    return f"answered {answer.status} in {1000 * seconds:.0f} ms"


def _problem(answer: HttpAnswer) -> CheckProblem | None:
    """Return what is wrong with an answer, as the registry would see it."""
    status, found = answer.status, f"It answered with HTTP status {answer.status}."
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _refusal(answer.body)
    if status < HTTPStatus.BAD_REQUEST:
        return CheckFailed(found, "The registry follows no redirect: register the address to which it leads.")
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            remedy = "It asks for the token or the signature of callbacks: set DCI_CALLBACK_TOKEN to the token."
            return CheckWarning(found, remedy)
        case HTTPStatus.GONE:
            return CheckFailed(found, "The registry would send nothing any more, until its operators resume it.")
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
            return CheckFailed(found, f"Check the path. {_REPEATED}")
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        remedy = f"If it is because nobody waits for this answer, it is well; or else repair it. {_REPEATED}"
        return CheckWarning(found, remedy)
    return CheckFailed(found, f"Look at its log. {_REPEATED}")


def _refusal(body: bytes) -> CheckProblem | None:
    try:
        content: Any = from_json(body)
    except ValueError:
        return None
    message = content.get("message") if isinstance(content, Mapping) else None
    stated = [part.get("ack_status") for part in (content, message) if isinstance(part, Mapping)]
    if not {"NACK", "ERR"} & {status.upper() for status in stated if isinstance(status, str)}:
        return None
    return CheckWarning(
        "It refused the message with NACK or ERR.",
        "It may refuse an answer that nobody waits for. It would end an exchange, and not be sent again.",
    )


def _message(sender_id: str, now: float) -> dict[str, Any]:
    moment = timestamp(now)
    header = {
        "version": "1.0.0",
        "message_id": f"dci-doctor-{uuid.uuid4()}",
        "message_ts": moment,
        "action": "on-search",
        "status": "succ",
        "total_count": 0,
        "completed_count": 0,
        "is_msg_encrypted": False,
        **({"receiver_id": sender_id} if sender_id else {}),
    }
    ids = {"transaction_id": "dci-doctor", "correlation_id": str(uuid.uuid4())}
    return {"header": header, "message": {**ids, "search_response": []}}
