"""POST /registry/sync/search: what is wrong with an envelope, a header or the HTTP request, and its `err.*` code."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from support.api import Api, Reply, identified
from support.call_trace import hooked
from support.events import body_of, event
from support.messages import ABSENT, changed

ITEM = "message.search_request.0"
MARK = "Zebra"  # what was sent is never repeated


def is_error(reply: Reply, status: int, code: str) -> str:
    """Check an error in both shapes of the standard, and return its sentence."""
    assert (reply.status, reply.code) == (status, code)
    assert reply.headers["Content-Type"] == "application/json"
    (entry,) = reply.json["errors"]
    acknowledgement = reply.json["message"]
    assert (acknowledgement["ack_status"], acknowledgement["error"]) == ("ERR", entry)
    assert acknowledgement["timestamp"] == "2026-03-01T09:30:00.000Z"
    assert acknowledgement["correlation_id"] == reply.event["requestContext"]["requestId"]
    assert MARK not in reply.text
    if "header" in reply.json:  # an answer of the search, which is one without items too
        header = reply.json["header"]
        assert (header["action"], header["status"]) == ("on-search", "rjct")
        assert header["status_reason_message"] == entry["message"]
        assert acknowledgement["search_response"] == []
    return str(entry["message"])


def send(api: Api, body: object, **headers: str) -> Reply:
    """Send a body as a registered partner."""
    return api.send(event("search", body=body, token=api.partner_token, **headers))


@pytest.mark.parametrize("value", [ABSENT, None, 7, [], MARK], ids=repr)
@pytest.mark.parametrize("path", ["header", "message"])
def test_a_member_that_must_be_an_object_is_rejected(shared_api: Api, path: str, value: object) -> None:
    """Header and message must be there, as objects."""
    assert is_error(send(shared_api, changed(path, value)), 400, "err.request.bad").startswith(path)


@pytest.mark.parametrize("value", [None, 7, [], MARK], ids=repr)
def test_an_item_that_is_no_object_is_rejected(shared_api: Api, value: object) -> None:
    """An item without members has no id by which it could be answered."""
    assert is_error(send(shared_api, changed(ITEM, value)), 400, "err.request.bad").startswith(ITEM)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (path, value)
        for path in ("header.message_id", "header.sender_id", "message.transaction_id")
        for value in (ABSENT, None, "", 7, ["x"], MARK * 103)
        if (path, value) != ("message.transaction_id", "")
    ],
    ids=repr,
)
def test_a_required_id_must_be_a_text_of_some_length(shared_api: Api, path: str, value: object) -> None:
    """Ids are not blank, hold at most 512 bytes (transaction_id 99 characters), and are strings."""
    assert is_error(send(shared_api, changed(path, value)), 400, "err.request.bad").startswith(f"{path} ")


@pytest.mark.parametrize(
    "value",
    [
        ABSENT,
        None,
        "",
        1772357400,
        MARK,
        "2026-03-01",
        "2026-03-01T09:30:00",
        "2026-03-01T09:30Z",
        "2026-02-30T09:30:00Z",
        "2026-03-01T25:30:00Z",
        "2026-03-01 09:30:00Z",
        "2026-03-01T09:30:00Z\n",
        "２０２６-03-01T09:30:00Z",
    ],
    ids=repr,
)
def test_a_timestamp_needs_date_time_and_offset(shared_api: Api, value: object) -> None:
    """Timestamps are date-times with an offset, of days that exist: in the header, and in each item of its own."""
    message = is_error(send(shared_api, changed("header.message_ts", value)), 400, "err.request.bad")
    assert message.startswith("header.message_ts ")
    (response,) = send(shared_api, changed(f"{ITEM}.timestamp", value)).items
    assert (response["status"], response["status_reason_code"]) == ("rjct", "rjct.timestamp.invalid")
    assert response["status_reason_message"].startswith("timestamp ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *(("header.action", value) for value in (ABSENT, "", 7, "x" * 100)),
        *(("header.total_count", value) for value in ("one", "1.5", 1.5, -1, True, [1])),
        *(("header.meta", value) for value in (7, MARK)),
        *(("header.receiver_id", value) for value in (7, "r" * 513)),
        ("header.version", 1),
        ("header.is_msg_encrypted", MARK),
        ("signature", {"by": MARK}),
        *(("message.search_request", value) for value in (ABSENT, None, "", {}, MARK)),
    ],
    ids=repr,
)
def test_what_the_request_schema_forbids_is_rejected(shared_api: Api, path: str, value: object) -> None:
    """Anything else that the standard's request schema forbids is err.request.bad, and says where."""
    assert is_error(send(shared_api, changed(path, value)), 400, "err.request.bad").startswith(f"{path} ")


def test_a_count_of_too_many_digits_is_answered_with_what_is_expected(shared_api: Api) -> None:
    """A number of more digits than readers of JSON take gets a sentence that says what a count is."""
    message = is_error(send(shared_api, changed("header.total_count", "9" * 5000)), 400, "err.request.bad")
    assert message.startswith("header.total_count must be a whole number")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("header.version", "2.0.0", "err.version.not_supported"),
        ("header.version", "1.0", "err.version.not_supported"),
        ("header.is_msg_encrypted", True, "err.encryption.invalid"),
        ("header.is_msg_encrypted", "true", "err.encryption.invalid"),
        ("header.sender_uri", MARK, "err.sender_uri.invalid"),
        ("header.sender_uri", f"https:// {MARK}", "err.sender_uri.invalid"),
        ("header.sender_id", MARK, "err.sender_id.invalid"),
        ("header.sender_id", "TEST-CLIENT", "err.sender_id.invalid"),
        ("signature", f'Signature: namespace="dci", signature="{MARK}"', "err.signature.invalid"),
        ("signature", "Unsigned", "err.signature.invalid"),
    ],
)
def test_envelope_errors_have_their_own_codes(shared_api: Api, path: str, value: object, code: str) -> None:
    """Faults for which the standard has a code get it, and the sentence names the member."""
    assert path.rsplit(".", maxsplit=1)[-1] in is_error(send(shared_api, changed(path, value)), 400, code)


def test_an_encrypted_message_is_rejected(shared_api: Api) -> None:
    """An encrypted message is rejected as such before its unreadable parts are."""
    message = changed("header.is_msg_encrypted", value=True) | {"message": MARK}
    is_error(send(shared_api, message), 400, "err.encryption.invalid")


def test_a_deployment_may_list_its_receiver_ids(new_api: Callable[..., Api]) -> None:
    """With ReceiverIds, a message to another receiver is rejected; one without a receiver is accepted."""
    api = new_api(receiver_ids=frozenset({"registry", "registry-2"}))
    message = is_error(send(api, changed("header.receiver_id", MARK)), 400, "err.receiver_id.invalid")
    assert "receiver_id" in message
    for named in ("registry-2", "", ABSENT):
        assert send(api, changed("header.receiver_id", named)).status == 200


@pytest.mark.parametrize("body", ["", " ", "{", "[1", "null", '"text"', "7", "[]", "{}", MARK, "{'a': 1}"])
def test_a_body_that_is_no_message_is_rejected(shared_api: Api, body: str) -> None:
    """What is not a JSON object with a header and a message is rejected."""
    is_error(send(shared_api, body), 400, "err.request.bad")


def test_a_body_that_is_not_utf_8_is_rejected(shared_api: Api) -> None:
    """Bytes that are no text are rejected like any other broken JSON."""
    sent = event("search", token=shared_api.partner_token) | {"isBase64Encoded": True}
    for body in (base64.b64encode(b'{"header": "\xff\xfe"}').decode(), "no base64!"):
        is_error(shared_api.send({**sent, "body": body}), 400, "err.request.bad")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_message_must_be_sent_as_json(shared_api: Api, content_type: str) -> None:
    """A content type that is missing, or another than JSON, is 415."""
    message = is_error(send(shared_api, body_of("search"), content_type=content_type), 415, "err.request.bad")
    assert "application/json" in message


def test_a_body_over_the_limit_is_rejected(shared_api: Api) -> None:
    """A body of more than 1 MiB is 413, for every sender."""
    body = body_of("search") | {"padding": "x" * 1024 * 1024}
    is_error(send(shared_api, body), 413, "err.request.bad")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_post_is_answered(shared_api: Api, method: str) -> None:
    """Another method is 405, and says which one is right."""
    sent = event("search")
    sent["requestContext"]["http"]["method"] = method
    reply = shared_api.send(sent)
    is_error(reply, 405, "err.request.bad")
    assert reply.headers["Allow"] == "POST"


def test_an_unknown_path_is_404(shared_api: Api) -> None:
    """Any other path is 404 in the same two shapes."""
    is_error(shared_api.send(event("unknown")), 404, "err.request.not_found")


def test_an_empty_registry_is_503(new_api: Callable[..., Api]) -> None:
    """Before the registry is loaded, a search is our fault, and passing."""
    reply = new_api(registry_table="dci-audit").search(identified("UIN", MARK))
    is_error(reply, 503, "err.service.unavailable")
    assert int(reply.headers["Retry-After"]) > 0


def test_an_unreachable_registry_is_503(new_api: Callable[..., Api]) -> None:
    """An error of DynamoDB is a server error, and the response does not quote it."""
    reply = new_api(registry_table="nowhere").search(identified("UIN", MARK))
    assert "nowhere" not in is_error(reply, 503, "err.service.unavailable")


@pytest.mark.parametrize("failure", [ReadTimeoutError, ConnectTimeoutError, EndpointConnectionError])
def test_a_registry_that_does_not_answer_is_503(api: Api, failure: Callable[..., Exception]) -> None:
    """A DynamoDB that is silent, or not there, is our fault, and passing."""

    def fail(*_: object) -> None:
        raise failure(endpoint_url="https://nowhere.example.org")

    token = api.token_of()
    with hooked(api.runtime, fail):
        reply = api.search(identified("UIN", MARK), token=token)
    assert "nowhere" not in is_error(reply, 503, "err.service.unavailable")
    assert int(reply.headers["Retry-After"]) > 0
