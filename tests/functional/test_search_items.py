"""POST /registry/sync/search: what is wrong with one item rejects that item; the others of its message are served."""

from __future__ import annotations

import pytest

from dci_cli.local.demo import KNOWN_UIN
from support.api import Api, Reply, identified
from support.events import body_of, event
from support.example_counts import sampled
from support.messages import ABSENT, changed

ITEM = "message.search_request.0"
CRITERIA = f"{ITEM}.search_criteria"
MARK = "Zebra"  # what was sent is never repeated


def send(api: Api, path: str, value: object) -> Reply:
    """Send the bank's search with one thing changed, and a second item in which nothing is."""
    message = changed(path, value)
    message["message"]["search_request"].append(identified("UIN", KNOWN_UIN, reference_id="r-2"))
    return api.send(event("search", body=message, token=api.partner_token))


def is_rejected(reply: Reply, code: str, reference_id: str = "0123456789") -> str:
    """Check that the first item alone is rejected, and return the reason."""
    assert (reply.status, reply.json["header"]["status"]) == (200, "succ")
    assert (reply.json["header"]["total_count"], reply.json["header"]["completed_count"]) == (2, 2)
    rejected, served = reply.items
    assert (rejected["reference_id"], rejected["status"], rejected["status_reason_code"]) == (
        reference_id,
        "rjct",
        code,
    )
    assert (served["reference_id"], served["pagination"]["total_count"]) == ("r-2", 1)
    assert MARK not in reply.text
    return str(rejected["status_reason_message"])


@pytest.mark.parametrize(
    ("path", "value"),
    sampled(
        [
            *((f"{ITEM}.locale", value) for value in ("en", "engl", "ENG", "EN/GB", "eng\n", "éng", 7)),
            *((CRITERIA, value) for value in (ABSENT, None, 7, [], MARK)),
            *(
                (f"{CRITERIA}.query_type", value)
                for value in (ABSENT, "", "graphql", "namedQuery", "Predicate", MARK, 7)
            ),
            (f"{CRITERIA}.query", ABSENT),
            *((f"{CRITERIA}.reg_type", value) for value in (7, f"{'x' * 500}:RegistryType:Social")),
            (f"{CRITERIA}.reg_record_type", ["Group"]),
            (f"{CRITERIA}.response_entity", {"Group": 1}),
            (f"{CRITERIA}.consent", "yes"),
            (f"{CRITERIA}.authorize", [MARK]),
        ],
        8,
    ),
    ids=repr,
)
def test_what_the_request_schema_forbids_rejects_the_item(shared_api: Api, path: str, value: object) -> None:
    """The sentence says which member of the item is at fault."""
    message = is_rejected(send(shared_api, path, value), "rjct.search_criteria.invalid")
    assert message.startswith(f"{path.removeprefix(f'{ITEM}.')} ")


@pytest.mark.parametrize("value", [ABSENT, None, "", 7, "2026-03-01", "2026-03-01T09:30:00", MARK], ids=repr)
def test_a_timestamp_rejects_the_item(shared_api: Api, value: object) -> None:
    """An item's timestamp needs an offset, as the header's does."""
    message = is_rejected(send(shared_api, f"{ITEM}.timestamp", value), "rjct.timestamp.invalid")
    assert message.startswith("timestamp ")


@pytest.mark.parametrize("value", [ABSENT, None, 7, ["x"], MARK * 103], ids=repr)
def test_an_id_that_cannot_be_repeated_rejects_the_item(shared_api: Api, value: object) -> None:
    """An item whose reference_id is missing or too long is answered in its place, with an empty one."""
    message = is_rejected(send(shared_api, f"{ITEM}.reference_id", value), "rjct.reference_id.invalid", "")
    assert message.startswith("reference_id ")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("page_size", value) for value in (ABSENT, "", None, 0, "0", -5, 1.5, "ten", True)),
        *(("page_number", value) for value in (0, "0", -1, 1.5, "one", False)),
        ("cursor", 7),
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", sampled([CRITERIA, ITEM]), ids=["in the criteria", "beside them"])
def test_a_page_that_the_schema_forbids_rejects_the_item(
    shared_api: Api, place: str, member: str, value: object
) -> None:
    """A page is counted from 1, wherever it is asked for, even where the other place has a good one."""
    page = {"page_size": 10, "page_number": 1, member: value}
    pagination = {name: value for name, value in page.items() if value is not ABSENT}
    reply = send(shared_api, f"{place}.pagination", pagination)
    where = f"{place}.pagination.{member}".removeprefix(f"{ITEM}.")
    assert is_rejected(reply, "rjct.pagination.invalid").startswith(f"{where} ")


def test_every_item_may_be_at_fault(shared_api: Api) -> None:
    """A message none of whose items can be read is still answered, item by item."""
    message = body_of("search")
    message["message"]["search_request"] = [{}, {"reference_id": "r-2"}]
    reply = shared_api.send(event("search", body=message, token=shared_api.partner_token))
    assert [(item["reference_id"], item["status"]) for item in reply.items] == [("", "rjct"), ("r-2", "rjct")]


def test_an_unread_item_does_not_use_up_its_id(shared_api: Api) -> None:
    """An item without an id is not the one whose id is empty."""
    message = body_of("search")
    message["message"]["search_request"] = [{}, identified("UIN", KNOWN_UIN, reference_id="")] * 2
    reply = shared_api.send(event("search", body=message, token=shared_api.partner_token))
    codes = [item.get("status_reason_code", "succ") for item in reply.items]
    unread = "rjct.reference_id.invalid"
    assert codes == [unread, "succ", unread, "rjct.reference_id.duplicate"]
