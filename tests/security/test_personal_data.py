"""Personal data is in the answers to searches, and in no log line and no error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from support.api import identified, item, predicate
from support.call_trace import hooked
from support.events import body_of, event
from support.hostile_values import paths, replaced

if TYPE_CHECKING:
    from dci_cli.local.demo import Population
    from support.api import Api, Reply
    from support.logs import Logs


@pytest.fixture(scope="module")
def personal(population: Population) -> set[str]:
    """Return every name, identifier, phone number and e-mail address of the demo registry."""
    records = [*population.people, *population.groups]
    numbers = {identifier.identifier_value for record in records for identifier in record.identifiers}
    numbers |= {number for record in records for number in record.phone_numbers}
    names = {name for person in population.people for name in person.name.model_dump(exclude_none=True).values()}
    names |= {group.name for group in population.groups if group.name}
    return numbers | names | {address for person in population.people for address in person.emails}


def leaks(personal: set[str], texts: list[str]) -> set[str]:
    """Return what of the personal data stands in texts: names as words, the rest anywhere."""
    text = "\n".join(texts)
    words = set(re.findall(r"\w+", text))
    return {value for value in personal if (value in words if value.isalpha() else value in text)}


def in_words(reply: Reply) -> list[str]:
    """Return what an answer says beside records: a whole error, and the reasons of rejected items."""
    if reply.status != 200:
        return [reply.text, str(reply.headers)]
    return [answered.get("status_reason_message", "") for answered in reply.items]


def test_the_check_finds_personal_data(personal: set[str], api: Api) -> None:
    """The check finds the personal data of an answer that holds some."""
    assert len(personal) > 500
    reply = api.search(identified("UIN", "847951632", reg_record_type="Member"))
    assert {"847951632", "person1@example.org"} <= leaks(personal, [reply.text])
    assert len(leaks(personal, [reply.text])) > 4


def test_searches_log_no_personal_data(api: Api, logs: Logs, personal: set[str], population: Population) -> None:
    """The log repeats nothing of the records that any query finds."""
    people = population.people[::5]
    held = [identifier for person in people for identifier in person.identifiers]
    searches = [identified(identifier.identifier_type, identifier.identifier_value) for identifier in held]
    searches += [identified("MOBILE", number) for person in people for number in person.phone_numbers]
    searches += [identified("EMAIL", address) for person in people for address in person.emails]
    searches += [predicate(("birth_date", "gt", "2000-01-01"), ("UIN", "in", ["847951632"]), condition="or")]
    numbered = [search | {"reference_id": f"r-{number}"} for number, search in enumerate(searches)]
    for first in range(0, len(numbered), 50):
        reply = api.search(*numbered[first : first + 50])
        assert {answered["status"] for answered in reply.items} == {"succ"}
    assert leaks(personal, logs.lines) == set()


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(4))
def test_personal_data_in_a_message_is_not_repeated(api: Api, logs: Logs, personal: set[str], number: int) -> None:
    """A name or a number at any place of a message, right or wrong, comes back in no error and no log line."""
    value = ("847951632", "person1@example.org", "+15550100", max(filter(str.isalpha, personal)))[number]
    watched = personal | {value}
    message = body_of("search")
    message["message"]["search_request"] = [
        predicate(("birth_date", "gt", "2000-01-01"), ("UIN", "in", [value]), pagination={"page_size": 1})
    ]
    texts = []
    for path in paths(message):
        for instead in (value, [value], {value: value}):
            reply = api.send(event("search", body=replaced(message, path, instead), token=api.partner_token))
            texts += in_words(reply)
    assert leaks(watched, texts + logs.lines) == set()


def test_personal_data_around_a_message_is_not_repeated(api: Api, logs: Logs, personal: set[str]) -> None:
    """In a path, a query string, a header or a body that is no message it is not repeated either."""
    value = "847951632"
    admin = api.token_of(scopes=("clients.manage",))
    replies = [
        api.send(event("unknown") | {"rawPath": f"/persons/{value}", "rawQueryString": f"uin={value}"}),
        api.send(event("search", body=value, token=api.partner_token)),
        api.send(event("search", body=f'{{"header": {value}', token=api.partner_token)),
        api.send(event("search", content_type=value, token=api.partner_token)),
        api.send(event("search", token=value)),
        api.send(event("token_form", body=f"client_id={value}&client_secret={value}&grant_type={value}")),
        api.send(event("token_form") | {"rawQueryString": f"uin={value}"}),
        api.send(event("clients_create", body={value: value}, token=admin)),
        api.send(event("clients_create", body={"name": [value]}, token=admin)),
        api.send(event("client_get", token=admin) | {"pathParameters": {"client_id": value}}),
        api.send(event("clients_list", token=admin) | {"rawQueryString": f"next={value}&limit={value}"}),
    ]
    assert all(reply.status >= 400 for reply in replies)
    assert leaks(personal, [text for reply in replies for text in (reply.text, str(reply.headers))]) == set()
    assert leaks(personal, logs.lines) == set()


@pytest.mark.parametrize("failure", [ClientError, RuntimeError])
def test_personal_data_in_a_failure_is_not_repeated(api: Api, logs: Logs, personal: set[str], failure: Any) -> None:
    """When DynamoDB or our own code fails over a record, neither the answer nor the log quotes it."""
    quoted = " ".join(sorted(personal))
    token = api.token_of()
    api.search(token=token)

    def fail(*_: Any) -> None:
        if failure is ClientError:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": quoted}}, "Query")
        raise failure(quoted)

    with hooked(api.runtime, fail):
        reply = api.search(item({"type": "UIN", "value": "847951632"}), token=token)
    assert (reply.status, reply.code) == (503 if failure is ClientError else 500, "err.service.unavailable")
    assert any(entry["message"] == "failure" for entry in logs.entries())
    assert leaks(personal, [reply.text, str(reply.headers), *logs.lines]) == set()
