"""The standard's own sample requests for the social registry, sent as they are but for these patches.

| in the samples | sent |
|---|---|
| a placeholder for the signature | none: it is not a signature |
| `sender_id` `SP-System`, `sp-system` | the client's own |
| a `transaction_id` and `reference_id` that are blank | one each: the standard demands them |
| `locale` `EN/GB` | `eng` |
| `gender` `lt` `m` | `eq`: sexes have no order worth asking |

Their entity names (`Household`, `HouseHold`, `member`), `age`, dotted attribute names, blanks in optional fields,
numbers as strings and predicates under `query_type: expression` are sent as they stand.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.api import SENDER, Api
from support.conformance import SPEC, spec_is_here
from support.events import event

FOLDER = SPEC / "samples" / "social"
FOUND = {  # reg_record_type of the answer, and how many of the demo registry match
    "processflow1-1req.json": ("Group", lambda group: group["poverty_score"] < 5),
    "processflow1-2req.json": ("Group", lambda group: group["group_size"] < 5),
    "processflow1-3req.json": ("Member", lambda member: member["demographic_info"]["sex"] == "female"),
    "processflow2req.json": ("SRPerson", lambda person: "847951632" in str(person["identifier"])),
    "processflow3areq.json": (
        "SRPerson",
        lambda person: person["sex"] == "male" and person["birth_date"] > "2001-03-01",
    ),
    "processflow4req.json": ("SRPerson", lambda person: person["birth_date"] > "2023-03-01"),
}


def patched(name: str) -> dict[str, Any]:
    """Return a sample's message with the patches."""
    message: dict[str, Any] = json.loads((FOLDER / name).read_text())
    del message["signature"]
    message["header"]["sender_id"] = SENDER
    message["message"]["transaction_id"] = "t-1"
    (item,) = message["message"]["search_request"]
    item["reference_id"] = "r-1"
    item["locale"] = "eng" if item["locale"] else ""
    query = item["search_criteria"]["query"]
    for expression in (part for entry in query for part in entry.values()) if isinstance(query, list) else ():
        if isinstance(expression, dict) and expression["attribute_name"] == "gender":
            expression["operator"] = "eq"
    return message


@pytest.mark.skipif(not spec_is_here(), reason="the standard's samples are not available")
def test_every_sample_is_sent() -> None:
    """There is no request among the samples that is not in the table."""
    assert {path.name for path in FOLDER.glob("*req.json")} == FOUND.keys()


@pytest.mark.skipif(not spec_is_here(), reason="the standard's samples are not available")
@pytest.mark.parametrize("name", FOUND)
def test_a_sample_is_answered(shared_api: Api, name: str) -> None:
    """Each is served, in the record type that it asks for, with records of which its query is true."""
    record_type, is_asked_for = FOUND[name]
    reply = shared_api.send(event("search", body=patched(name), token=shared_api.partner_token))
    (response,) = reply.items
    assert (response["status"], response["data"]["reg_record_type"]) == ("succ", record_type)
    records = response["data"]["reg_records"]
    assert len(records) == min(10, response["pagination"]["total_count"])
    assert all(map(is_asked_for, records))
    assert bool(records) == (name != "processflow1-3req.json")  # the demo registry knows nobody's marital status
