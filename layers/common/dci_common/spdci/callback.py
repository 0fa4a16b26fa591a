"""Messages in the form of the standard's callbacks, which answer asynchronous messages, and status requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dci_common.json_text import json_text
from dci_common.spdci.envelope import VERSION, RequestHeader
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_response import rejection_members

ON_SEARCH = "on-search"
NOTIFY = "notify"
ON_SUBSCRIBE = "on-subscribe"
ON_UNSUBSCRIBE = "on-unsubscribe"
TXN_ON_STATUS = "txn-on-status"


_SIGNATURE = 1_500  # bytes of the largest signature, beside a message that is attached to it


class Signer(NamedTuple):
    """What signs messages: `sign` makes the signature of the JSON texts of a header and a message.

    With `is_attached`, a copy of both is in it, in base64.
    """

    sign: Callable[[str, str], str]
    is_attached: bool


class Participants(NamedTuple):
    """The client and the registry, named as in the header of a message that the client sends."""

    sender_id: str
    receiver_id: str


class CallbackHeader(NamedTuple):
    """What a callback's header says beside what the header of the request does.

    `sender_id` names the registry where the request does not, in messages that must name it.
    """

    action: str
    message_id: str
    message_ts: str
    total_count: int
    completed_count: int
    rejection: Rejection | None = None
    sender_id: str = ""

    def text(self, request: RequestHeader | Participants) -> str:
        """Return the header that answers a request, as JSON text. Its receiver is the sender of the answer."""
        sender_id = request.receiver_id or self.sender_id
        header = {
            "version": VERSION,
            "message_id": self.message_id,
            "message_ts": self.message_ts,
            "action": self.action,
            **(rejection_members(self.rejection) if self.rejection else {"status": "succ"}),
            "total_count": self.total_count,
            "completed_count": self.completed_count,
            **({"sender_id": sender_id} if sender_id else {}),
            "receiver_id": request.sender_id,
            "is_msg_encrypted": False,
        }
        return json_text(header)


def search_response(transaction_id: str, correlation_id: str, items: list[str]) -> str:
    """Return the standard's SearchResponse as JSON text, from items that are JSON text."""
    return _response(transaction_id, correlation_id, f'"search_response":[{",".join(items)}]')


def notification(transaction_id: str, events: list[str]) -> str:
    """Return the message of a notification as JSON text, from events that are JSON text."""
    ids = json_text({"transaction_id": transaction_id})
    return f'{ids[:-1]},"notify_event":[{",".join(events)}]}}'


def subscribe_response(transaction_id: str, correlation_id: str, items: list[str]) -> str:
    """Return the standard's SubscribeResponse as JSON text, from items that are JSON text."""
    return _response(transaction_id, correlation_id, f'"subscribe_response":[{",".join(items)}]')


def unsubscribe_response(transaction_id: str, correlation_id: str, status: str, items: list[str]) -> str:
    """Return the standard's UnSubscribeResponse as JSON text, from its status and items that are JSON text."""
    return _response(transaction_id, correlation_id, f'{status[1:-1]},"subscription_status":[{",".join(items)}]')


def status_response(transaction_id: str, correlation_id: str, txn_status: str, txn_type: str = "search") -> str:
    """Return the standard's TxnStatusResponse as JSON text, from the response of that type, which is JSON text."""
    answer = f'{{"txn_type":{json_text(txn_type)},"txn_status":{txn_status}}}'
    return _response(transaction_id, correlation_id, f'"txnstatus_response":{answer}')


def _response(transaction_id: str, correlation_id: str, members: str) -> str:
    ids = json_text({"transaction_id": transaction_id, "correlation_id": correlation_id})
    return f"{ids[:-1]},{members}}}"


def envelope(header: str, message: str, signer: Signer | None) -> str:
    """Return a whole message as JSON text, with its signature where there is something that signs."""
    signature = f'"signature":{json_text(signer.sign(header, message))},' if signer else ""
    return f'{{{signature}"header":{header},"message":{message}}}'


def unsigned_bytes(most: int, signer: Signer | None) -> int:
    """Return how many bytes a message may have so that it has at most so many with its signature."""
    if signer is None:
        return most
    left = most - _SIGNATURE
    return left * 3 // 7 if signer.is_attached else left
