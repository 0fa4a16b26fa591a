"""The life of a stack: it is created, used, updated, deleted, and created again around what it left.

The tests stand in this order, because each step changes the one stack.
"""

from __future__ import annotations

import json

import jwt
import pytest
import yaml
from botocore.exceptions import ClientError

from support.exchanges import receiving
from support.server_process import eventually

from .conftest import Deployment

OF_HTTP = (
    "TokenFunction",
    "SearchFunction",
    "ClientsFunction",
    "ExchangeFunction",
    "OversightFunction",
    "ConsoleFunction",
)
TABLES = ("ClientsTable", "RegistryTable", "ExchangeTable", "AuditTable")


def versions(deployment: Deployment) -> dict[str, str]:
    """Return the version of each function that answers HTTP."""
    found = {name: deployment.stack.configuration(name, Qualifier="live") for name in OF_HTTP}
    return {name: configuration["Version"] for name, configuration in found.items()}


def test_a_new_deployment_serves_a_partner(created: Deployment) -> None:
    """A partner that the first administrator registered gets a token, and finds a person who was imported."""
    status, body = created.search(created.new_token())
    assert status == 200
    [item] = body["message"]["search_response"]
    found = {known["identifier_value"] for known in item["data"]["reg_records"][0]["identifier"]}
    assert created.person["identifiers"][0]["identifier_value"] in found


def test_an_asynchronous_search_is_called_back(created: Deployment) -> None:
    """An acknowledged search is queued, collected and delivered by the delivery function, and then answered."""
    with receiving() as receiver:
        header = {"message_id": "asynchronous", "sender_uri": receiver.url}
        status, body = created.search(created.new_token(), "/registry/search", **header)
        assert (status, body["message"]["ack_status"]) == (200, "ACK")
        path, admin = f"/exchanges/{body['message']['correlation_id']}", created.stack.api(created.admin)
        eventually(lambda: admin.get(path).json["state"] == "answered")
    [callback] = receiver.received
    [record] = callback["message"]["search_response"][0]["data"]["reg_records"]
    found = {known["identifier_value"] for known in record["identifier"]}
    assert created.person["identifiers"][0]["identifier_value"] in found


def test_every_function_answers_on_its_routes(created: Deployment) -> None:
    """Each function answers on its routes, and the search function also answers unknown paths."""
    api = created.stack.api()
    assert api.send("GET", "/health").json == {"status": "ok"}
    assert api.send("GET", "/.well-known/oauth-authorization-server").json["issuer"].startswith("https://")
    assert api.send("GET", "/clients").status == 401
    assert "There is nothing at this path" in api.send("GET", "/nowhere").error


def test_a_disclosure_is_recorded(created: Deployment) -> None:
    """`dci audit` finds the search that disclosed the person."""
    assert created.search(created.new_token())[0] == 200
    table = created.stack.outputs["AuditTable"]
    records = json.loads(created.stack.dci("audit", "--person", created.person["id"], "--table", table, "--json"))
    assert {record.get("client_id") for record in records} == {created.partner["client_id"], None}
    assert {record.get("command") for record in records} == {None, "import"}


def test_the_doctor_misses_only_the_public_url(created: Deployment) -> None:
    """`dci doctor` finds nothing wrong but the issuer: the emulator's API is not at the URL that it gives itself."""
    printed = created.stack.dci(
        "doctor",
        status=1,
        DCI_API=created.stack.url,
        DCI_CLIENT_ID=created.partner["client_id"],
        DCI_CLIENT_SECRET=created.partner["client_secret"],
        DCI_SENDER_ID=created.partner["sender_id"],
    )
    outcomes = [line.split("  ")[0] for line in printed.splitlines() if " failed " in line or " warning " in line]
    assert outcomes == ["discovery", "issuer"]


def test_a_template_that_is_not_built_is_rejected(created: Deployment) -> None:
    """A rule of the template rejects a stack without a BuildId, and names the command."""
    content = yaml.safe_load(created.stack.unfinished)
    template = {name: content[name] for name in ("Parameters", "Rules")}
    template["Resources"] = {"Logs": {"Type": "AWS::Logs::LogGroup"}}
    with pytest.raises(ClientError, match="Run make build first"):
        created.stack.aws("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(template))


def test_a_deployment_without_a_change_publishes_nothing(created: Deployment) -> None:
    """Another deployment of the same artifacts and parameters leaves each function at its version."""
    before = versions(created)
    created.stack.update()
    assert versions(created) == before


def test_changed_code_takes_effect(created: Deployment, updated: Deployment) -> None:
    """After `sam deploy`, live traffic has the new code of the layer."""
    assert updated is created
    assert "Nothing is here" in updated.stack.api().send("GET", "/nowhere").error


def test_a_changed_parameter_takes_effect(updated: Deployment) -> None:
    """After `sam deploy`, live traffic has the new parameters."""
    metadata = updated.stack.api().send("GET", "/.well-known/oauth-authorization-server").json
    assert metadata["issuer"] == "https://registry.example.org"
    assert updated.search(updated.new_token())[0] == 200
    status, body = updated.search(updated.new_token(), receiver_id="somebody-else")
    assert (status, body["errors"][0]["code"]) == (400, "err.receiver_id.invalid")


def test_a_rotated_key_takes_effect(updated: Deployment) -> None:
    """After a rotation tokens are signed with another key, and accepted."""
    token = updated.new_token()
    assert jwt.get_unverified_header(token)["kid"] == updated.signing_key()
    assert jwt.get_unverified_header(updated.token)["kid"] != updated.signing_key()
    assert updated.search(token)[0] == 200


def test_the_stack_has_message_keys(updated: Deployment) -> None:
    """The keys that sign messages are published in the key set, of both algorithms."""
    kids = updated.current_keys("messages")
    assert [kid.split("|")[-1] for kid in kids] == ["ed25519", "rs256"]
    published = updated.stack.api().send("GET", "/.well-known/jwks.json").json["keys"]
    assert {*kids, updated.signing_key()} <= {key["kid"] for key in published}


def test_a_deployment_is_created_again(recreated: Deployment) -> None:
    """A new stack adopts tables and key rings: clients, tokens and people are those of the deleted one."""
    outputs, parameters = recreated.stack.outputs, recreated.stack.parameters
    for ring in ("SigningKeys", "MessageKeys"):
        assert outputs[ring] == parameters[f"{ring}Arn"]
    assert {table: outputs[table] for table in TABLES} == {table: parameters[f"{table}Name"] for table in TABLES}
    assert recreated.search(recreated.token)[0] == 200
    assert recreated.search(recreated.new_token())[0] == 200
    assert recreated.stack.api(recreated.admin).get("/clients").status == 200
