"""What a client may do ends with its registration: its status, its scopes, its sender id, what it may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from dci_common.clients.items import client_key
from support.api import SENDER, Api, Reply, identified, predicate
from support.call_trace import aws_calls
from support.events import event
from support.example_counts import sampled

if TYPE_CHECKING:
    from dci_cli.local.demo import Population

MINUTE = 60  # within which a change is in force everywhere


@pytest.fixture
def elsewhere(new_api: Callable[..., Api]) -> Api:
    """Return an API of other function instances, which share nothing but the tables."""
    return new_api()


def administer(api: Api, name: str, client_id: str) -> Reply:
    """Use a client's route as an administrator."""
    sent = event(name, token=api.token_of(scopes=("clients.manage",)))
    return api.send(sent | {"pathParameters": {"client_id": client_id}})


@pytest.mark.parametrize("name", ["client_disable", "client_delete"])
@pytest.mark.parametrize("route", ["search", "clients_list"])
def test_a_token_outlives_its_client_by_a_minute_at_most(api: Api, elsewhere: Api, name: str, route: str) -> None:
    """Every function rejects the tokens of a disabled or deleted client within 60 seconds, also where it is known."""
    client, secret = elsewhere.client(scopes=("registry.search", "clients.manage"))
    token = elsewhere.token(client, secret).json["access_token"]
    assert elsewhere.send(event(route, token=token)).status == 200
    assert administer(api, name, client.client_id).status in {200, 204}
    elsewhere.clock.advance(MINUTE)
    reply = elsewhere.send(event(route, token=token))
    assert (reply.status, reply.code) == (401, "err.request.unauthorized")
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]
    assert elsewhere.token(client, secret).status == 401


@pytest.mark.parametrize("route", ["search", "clients_list"])
def test_a_revoked_token_is_rejected_within_a_minute(api: Api, elsewhere: Api, route: str) -> None:
    """Every function rejects a revoked token, and that one alone, within 60 seconds, also where it is known."""
    client, secret = elsewhere.client(scopes=("registry.search", "clients.manage"))
    token, other = (elsewhere.token(client, secret).json["access_token"] for _ in range(2))
    assert elsewhere.send(event(route, token=token)).status == 200
    form = {"client_id": client.client_id, "client_secret": secret, "token": token}
    assert api.send(event("revoke", body=urlencode(form))).status == 200
    elsewhere.clock.advance(MINUTE)
    reply = elsewhere.send(event(route, token=token))
    assert (reply.status, reply.code) == (401, "err.request.unauthorized")
    assert elsewhere.send(event(route, token=other)).status == 200


@pytest.mark.parametrize("route", ["search", "clients_list"])
def test_ended_tokens_are_rejected_within_a_minute(api: Api, elsewhere: Api, route: str) -> None:
    """When all tokens of a client are ended, the old ones end within 60 seconds, and a new one holds at once."""
    client, secret = elsewhere.client(scopes=("registry.search", "clients.manage"))
    old = elsewhere.token(client, secret).json["access_token"]
    assert elsewhere.send(event(route, token=old)).status == 200
    assert administer(api, "client_revoke_tokens", client.client_id).status == 200
    new = elsewhere.token(client, secret).json["access_token"]
    assert elsewhere.send(event(route, token=new)).status == 200
    elsewhere.clock.advance(MINUTE)
    assert elsewhere.send(event(route, token=old)).status == 401
    assert elsewhere.send(event(route, token=new)).status == 200


def test_a_deleted_clients_name_does_not_revive_its_token(api: Api, elsewhere: Api) -> None:
    """A new client under the old name is another client."""
    client, secret = elsewhere.client()
    token = elsewhere.token(client, secret).json["access_token"]
    assert administer(api, "client_delete", client.client_id).status == 204
    admin = api.token_of(scopes=("clients.manage",))
    again = {"name": client.name, "sender_id": SENDER, "scopes": ["registry.search"]}
    assert api.send(event("clients_create", body=again, token=admin)).status == 201
    assert elsewhere.search(token=token).status == 401


def test_a_removed_scope_ends_within_a_minute(api: Api) -> None:
    """A token issued with a scope loses it within 60 seconds when the client does."""
    client, secret = api.client(scopes=("registry.search", "registry.status"))
    token = api.token(client, secret).json["access_token"]
    assert api.search(token=token).status == 200
    api.runtime.dynamodb.update_item(
        TableName=api.runtime.settings.clients_table,
        Key=client_key(client.client_id),
        UpdateExpression="SET scopes = :left",
        ExpressionAttributeValues={":left": {"L": [{"S": "registry.status"}]}},
    )
    api.clock.advance(MINUTE)
    reply = api.search(token=token)
    assert (reply.status, reply.code) == (403, "err.request.forbidden")


def test_a_token_has_only_its_requested_scopes(api: Api) -> None:
    """A token with fewer scopes than its client has does not get the others, and a new scope is not in old tokens."""
    client, secret = api.client(scopes=("registry.search", "registry.status"))
    token = api.token(client, secret, scope="registry.status").json["access_token"]
    assert api.search(token=token).status == 403


@pytest.mark.parametrize(
    "sender",
    ["another-client", "", "test-client ", " test-client", "TEST-CLIENT", "test-client\0", "ｔest-client", "*"],
)
def test_the_sender_id_of_another_client_is_rejected(api: Api, sender: str) -> None:
    """A client speaks under its own sender id alone, to the letter."""
    api.client(sender_id="another-client")
    reply = api.search(identified("UIN", "847951632"), sender_id=sender)
    assert reply.status == 400
    assert reply.code == ("err.sender_id.invalid" if sender else "err.request.bad")
    assert "847951632" not in reply.text


HIDDEN: list[tuple[str, dict[str, str]]] = [
    ("birth_date", {}),
    ("MOBILE", {}),
    ("MOBILE", {"reg_record_type": "Group"}),
    ("EMAIL", {}),
    ("HOUSEHOLD_ID", {"reg_record_type": "Member"}),
    ("HOUSEHOLD_ID", {"reg_record_type": "Group"}),
    ("UIN", {}),
    ("National ID", {"reg_type": "SPP:RegistryType:Individual"}),
]


@pytest.fixture
def existing(population: Population) -> dict[str, str]:
    """Return an existing value of each hidden attribute."""
    known, group = population.people[0], next(group for group in population.groups if group.phone_numbers)
    held = [identifier for person in population.people for identifier in person.identifiers] + [*group.identifiers]
    identifiers = {identifier.identifier_type: identifier.identifier_value for identifier in held}
    return identifiers | {
        "birth_date": str(known.birth_date),
        "MOBILE": group.phone_numbers[0],
        "EMAIL": known.emails[0],
    }


@pytest.mark.parametrize(("name", "asked"), HIDDEN)
@pytest.mark.parametrize("condition", sampled(["and", "or", "not"]))
def test_a_filter_on_a_hidden_attribute_is_rejected(
    api: Api, existing: dict[str, str], name: str, asked: dict[str, str], condition: str
) -> None:
    """A filter on a hidden attribute gets the same rejection for every value, and no record is read."""
    token = api.token_of(disclosure=["sex"])
    api.search(identified("UIN", "1"), token=token)  # what is read once, is read
    with aws_calls(api.runtime) as calls:
        replies = [
            api.search(shape, token=token).items
            for value in (existing[name], "1900-01-01")
            for shape in (
                identified(name, value, **asked),
                predicate((name, "eq", value), ("sex", "eq", "male"), condition=condition, **asked),
                predicate((name, "in", [value]), (name, "eq", value), condition=condition, **asked),
            )
        ]
    assert replies[:3] == replies[3:]
    assert {answered["status_reason_code"] for items in replies for answered in items} == {"rjct.filter.invalid"}
    assert {call for call in calls if "dci-exchange" not in call} == set()  # its requests are counted


DISCLOSABLE = {"identifier", "name", "birth_date", "household", "phone_number", "email"}


@pytest.mark.parametrize("attribute", sampled(sorted(DISCLOSABLE), 3))
def test_hidden_attributes_are_not_returned(api: Api, people: dict[str, Any], attribute: str) -> None:
    """A record shows what its client may see, and nothing of the rest in any dialect or record type."""
    person = people["p0001"]
    home = person["households"][0]
    household_id = home["identifiers"][0]["identifier_value"]
    hidden: dict[str, list[str]] = {
        "identifier": [held["identifier_value"] for held in (*person["identifiers"], *home["identifiers"])],
        "name": [*person["name"].values(), home["name"]],
        "birth_date": [person["birth_date"]],
        "household": [household_id, "principal_recipient"],
        "phone_number": [*person["phone_numbers"], *home.get("phone_numbers", ())],
        "email": person["emails"],
    }
    own = identified("EMAIL", person["emails"][0]) if attribute != "email" else identified("UIN", "847951632")
    searches = [
        own,
        _also(own, "r-2", reg_record_type="Member"),
        _also(own, "r-3", reg_type="SPP:RegistryType:Individual"),
        *([] if attribute == "identifier" else [identified("HOUSEHOLD_ID", household_id, reference_id="r-4")]),
    ]
    answers = [str(answered["data"]["reg_records"]) for answered in api.search(*searches).items]
    assert any(value in text for value in hidden[attribute] for text in answers)  # which a client may see that may
    token = api.token_of(disclosure=sorted(DISCLOSABLE - {attribute}))
    for answered in api.search(*searches, token=token).items:
        assert answered["pagination"]["total_count"] == 1
        # A household has attributes that its members' records do not show.
        of_the_group = attribute == "household" and answered["data"]["reg_record_type"] == "Group"
        secret = ["847951632", "principal_recipient"] if of_the_group else hidden[attribute]
        assert not [value for value in secret if value in str(answered["data"]["reg_records"])]


def _also(search: dict[str, Any], reference_id: str, **criteria: str) -> dict[str, Any]:
    return search | {"reference_id": reference_id, "search_criteria": search["search_criteria"] | criteria}


def test_a_rejection_reveals_nothing_of_other_clients(api: Api) -> None:
    """A message rejected for its sender id does not say whether another client has it."""
    api.client(sender_id="existing-sender")
    refusals = [api.search(sender_id=sender).json["errors"] for sender in ("existing-sender", "nobody")]
    assert refusals[0] == refusals[1]
