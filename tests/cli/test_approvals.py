"""`dci approvals`, and what `dci clients` and `dci operators` print where a change waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from dci_cli.api import Api
from dci_cli.clients.approvals import ApprovalCommand, ApprovalsApi
from dci_cli.command_table import COMMANDS, Group, build_parser
from dci_common.clients.store import ClientStore
from dci_common.operators.store import OperatorStore, operator_key
from support.admin_client import Admin
from support.api_over_http import api_over_http
from support.approvals import Office, Person

from .conftest import NEW, Dci

Approvals = Callable[..., str]
TABLE = ("--clients-table", "dci-clients")


@pytest.fixture
def approvals(office: Office, capsys: pytest.CaptureFixture[str]) -> Iterator[Approvals]:
    """Return `dci approvals` as a person runs it who has signed in, and what it prints."""
    group = COMMANDS["approvals"]
    assert isinstance(group, Group)
    with api_over_http(office.api) as url:

        def run(person: Person, *arguments: str) -> str:
            api = Api(url, person=lambda: person.token)
            command = group.commands[arguments[0]].load()
            assert isinstance(command, ApprovalCommand)
            capsys.readouterr()
            command.act(
                ApprovalsApi(api), build_parser(["approvals", *arguments]).parse_args(["approvals", *arguments])
            )
            return capsys.readouterr().out

        yield run


def test_an_approver_lists_shows_and_approves(office: Office, approvals: Approvals) -> None:
    """The list has the requester; what is shown has both sides of each change; once approved, the change is made."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    listed = json.loads(approvals(office.bo, "list", "--status", "waiting", "--json"))
    assert approval in [one["approval_id"] for one in listed]
    assert f"Amina ({office.amina.id})" in " ".join(approvals(office.bo, "show", approval).split())
    assert "minimal -> full" in approvals(office.bo, "show", approval)
    assert approvals(office.bo, "approve", approval, "--yes") == "Approved: the change is made.\n"
    assert office.amina.send("client_get", client_id=client_id).json["disclosure"] == ["full"]
    assert json.loads(approvals(office.bo, "show", approval, "--json"))["decided_by_name"] == "Bo"


def test_changes_are_rejected_and_withdrawn(office: Office, approvals: Approvals) -> None:
    """Each is reported in a sentence."""
    assert approvals(office.bo, "reject", office.waiting()) == "Rejected: nothing has changed.\n"
    assert approvals(office.amina, "withdraw", office.waiting()) == "Withdrawn: nothing has changed.\n"
    assert "rejected" in approvals(office.bo, "list")
    assert json.loads(approvals(office.bo, "reject", office.waiting(), "--json"))["status"] == "rejected"
    assert json.loads(approvals(office.bo, "approve", office.waiting(), "--json", "--yes"))["status"] == "approved"


def test_a_client_that_waits_is_reported(office: Office, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dci clients create` prints that nothing has changed yet and who may approve, or JSON with the approval."""
    admin = Admin(office.api)
    monkeypatch.setenv("DCI_CLIENT_ID", admin.client.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", admin.secret)
    with api_over_http(office.api) as url:
        monkeypatch.setenv("DCI_API", url)
        printed = dci("clients", "create", f"Ministry {admin.client.name}", *NEW)
        assert printed.out.startswith("Nothing has changed yet: a person with the role approver, who neither")
        assert "see `dci approvals show" in printed.out
        asked = json.loads(dci("clients", "update", office.registered(), "--disclosure", "full", "--json").out)
        assert (asked["status"], asked["widens"]) == ("waiting", ["disclosure"])
        shown = dci("approvals", "approve", asked["approval_id"], "--yes")
        assert (shown.status, "with the role approver" in shown.err) == (2, True)


def test_enabling_a_person_waits(office: Office, dci: Dci, approvals: Approvals) -> None:
    """`dci operators enable` asks for an approval, which enables the person; both names are in the log."""
    store, bo = OperatorStore(office.api.runtime), office.bo
    assert office.amina.send("clients_list").status == 200
    assert dci("operators", "disable", *TABLE, office.amina.id, "--yes").status == 0
    asked = dci("operators", "enable", *TABLE, office.amina.id, "--yes").out
    approval = asked.rpartition("approve ")[2].rstrip("`.\n")
    assert "is still disabled" in asked
    found = store.find(office.amina.id)
    assert found
    assert found.status == "disabled"
    assert approvals(bo, "approve", approval, "--yes") == "Approved: the change is made.\n"
    found = store.find(office.amina.id)
    assert found
    assert (found.status, found.name) == ("enabled", "Amina")
    log, _ = ClientStore(office.api.runtime).log_page(office.amina.id, 100, None)
    made = next(one for one in log if one["act"] == "operator_enabled")
    assert (made["by"], made["approved_by_name"], made["changes"]["status"]["after"]) == ("operator", "Bo", "enabled")


def test_a_person_does_not_enable_themselves(office: Office, dci: Dci) -> None:
    """A person just disabled, who is remembered for a minute, does not approve that; no later state is undone."""
    chi = office.chi
    assert chi.send("approvals_list").status == 200
    assert dci("operators", "disable", *TABLE, chi.id, "--yes").status == 0
    asked = [dci("operators", "enable", *TABLE, chi.id, "--yes").out.rpartition("approve ")[2][:36] for _ in range(2)]
    assert chi.approve(asked[0]).status in {401, 403}
    assert office.bo.approve(asked[0]).status == 200
    assert office.bo.approve(asked[1]).status == 409
    office.api.runtime.dynamodb.delete_item(TableName="dci-clients", Key=operator_key(chi.id))
