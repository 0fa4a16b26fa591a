"""What an operator writes is recorded before it is written: who, when, by which command, and which records."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dci_cli.local.tables import create_tables
from dci_cli.registry.support.operator_audit import OperatorAudit
from dci_common.aws.dynamodb import pages
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from support import stored_items
from support.commands import Commands
from support.example_counts import sampled
from support.import_files import jsonl
from support.registries import tables
from support.registry_harness import Registry

ANNA, BENO, HILL = Person(id="anna"), Person(id="beno"), Group(id="hill")
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill")
ALL: tuple[AnyRecord, ...] = (ANNA, BENO, HILL, ANNA_ON_HILL)
TABLE = "dci-operator-audit"


@pytest.fixture
def audit(engine: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Have changes recorded in a table of the test's own."""
    create_tables(stored_items.tests_client(), tables(), {"AuditTable": TABLE})
    monkeypatch.setenv("AUDIT_TABLE", TABLE)
    yield TABLE
    stored_items.tests_client().delete_table(TableName=TABLE)


def recorded() -> list[dict[str, Any]]:
    """Return the audit records, the oldest first."""
    found = pages(stored_items.tests_client().scan, TableName=TABLE, ConsistentRead=True)
    items = sorted((item for page in found for item in page["Items"]), key=lambda item: str(item["sk"]["S"]))
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]


def changes() -> list[tuple[str, list[str]]]:
    """Return the commands that were recorded, with their records."""
    return [(record["command"], sorted(record["records"])) for record in recorded()]


@pytest.mark.usefixtures("audit", "registry")
def test_each_change_is_recorded_with_its_records(dci: Commands, tmp_path: Path) -> None:
    """put, delete and import are recorded with the keys of the people and groups that they change."""
    assert dci("put", jsonl(tmp_path / "all.jsonl", ALL)).status == 0
    assert dci("delete", "--membership", "anna", "hill", "--yes").status == 0
    assert dci("put", jsonl(tmp_path / "one.jsonl", [ANNA_ON_HILL])).status == 0
    assert dci("delete", "anna", "--yes").status == 0
    carla = Person(id="carla")
    assert dci("import", jsonl(tmp_path / "more.jsonl", [BENO, carla, HILL])).status == 0
    assert changes() == [
        ("put", ["GROUP#hill", "PERSON#anna", "PERSON#beno"]),
        ("delete", ["GROUP#hill", "PERSON#anna"]),
        ("put", ["GROUP#hill", "PERSON#anna"]),
        ("delete", ["GROUP#hill", "PERSON#anna"]),
        ("import", ["PERSON#carla"]),
    ]


@pytest.mark.usefixtures("audit", "registry")
def test_a_record_has_the_form_of_a_disclosure(dci: Commands, tmp_path: Path) -> None:
    """The item is in a partition of its day, sorted by the moment, and has nothing of the record but its key."""
    dci("put", jsonl(tmp_path / "one.jsonl", [Person(id="anna", name=Name(given_name="Anna"))]))
    [record] = recorded()
    assert record.keys() == {"pk", "sk", "operator", "command", "records"}
    day, partition = record["pk"].split("#")[1:]
    assert record["sk"].startswith(f"{day}T")
    assert 0 <= int(partition) < 8


@pytest.mark.usefixtures("audit", "registry")
def test_the_operator_is_the_aws_identity(dci: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator is the ARN of the caller; on an engine of this machine it is the user."""
    dci("put", jsonl(tmp_path / "one.jsonl", [ANNA]))
    expected = boto3.client("sts").get_caller_identity()["Arn"]
    user = f"local:{pwd.getpwuid(os.getuid()).pw_name}"
    on_this_machine = "AWS_ENDPOINT_URL_DYNAMODB" in os.environ
    assert recorded()[0]["operator"] == (user if on_this_machine else expected)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    if on_this_machine:
        dci("put", jsonl(tmp_path / "one.jsonl", [ANNA]))
        assert recorded()[1]["operator"] == f"local:{os.getuid()}"


@pytest.mark.parametrize("command", sampled(["put", "delete", "import"], 1))
def test_without_a_table_nothing_is_changed(
    registry: Registry, dci: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Without a table, or with one that does not exist, the command stops and says so, and changes nothing."""
    registry.put(ANNA)
    arguments = ("anna", "--yes") if command == "delete" else (jsonl(tmp_path / "one.jsonl", [BENO]),)
    problem = dci(command, *arguments, "--audit-table", "no-such-table").err.splitlines()[-1]
    assert problem.startswith(
        "dci: The change cannot be recorded, so nothing was changed: There is no such table in "
    )
    assert "AuditTable" in problem
    monkeypatch.setenv("AUDIT_TABLE", "")
    assert dci(command, *arguments).problem.startswith(
        "The table's name is missing or not valid: give the stack's output AuditTable with --audit-table or "
    )
    assert {pk for pk, _ in registry.items()} >= {"PERSON#anna"}
    assert "PERSON#beno" not in {pk for pk, _ in registry.items()}


def test_an_operator_can_decide_against_a_record(
    registry: Registry, dci: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --no-audit a change is made without a record, and the command says so."""
    monkeypatch.setenv("AUDIT_TABLE", "")
    done = dci("put", jsonl(tmp_path / "one.jsonl", [ANNA]), "--no-audit")
    assert (done.status, done.err) == (0, "This change of the registry is not recorded (--no-audit).\n")
    registry.assert_holds(ANNA)


@pytest.mark.usefixtures("audit")
def test_what_changes_nothing_needs_no_record(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """A dry run, a repeated import and a question answered with no leave no record."""
    registry.put(ANNA)
    path = jsonl(tmp_path / "one.jsonl", [ANNA])
    assert dci("import", "--dry-run", path).status == 0
    assert dci("import", path).status == 0
    assert dci("delete", "anna", stdin="n\n").status == 2
    assert recorded() == []


@pytest.mark.usefixtures("audit")
@pytest.mark.parametrize(
    ("membership", "said"),
    [
        (("beno", "hill"), "The person beno does not belong to the group hill."),
        (("anna", "hill", "2020-01-01"), "The person anna does not belong to the group hill from 2020-01-01"),
        (("anna", "dale"), "There is no group dale."),
        (("carla", "hill"), "There is no person carla."),
    ],
)
def test_a_membership_that_does_not_exist_needs_no_record(
    registry: Registry, dci: Commands, membership: tuple[str, ...], said: str
) -> None:
    """The deletion of a membership that does not exist is rejected before it is recorded, and without a question."""
    registry.put(*ALL)
    assert dci("delete", "--membership", *membership).problem.startswith(said)
    assert recorded() == []


@pytest.mark.usefixtures("audit", "registry")
def test_a_change_that_stops_is_marked(dci: Commands, tmp_path: Path) -> None:
    """A change that is rejected half-way, or interrupted, stays recorded, as made in part."""
    uin = (Identifier(identifier_type="UIN", identifier_value="1"),)
    people = [Person(id="anna", identifiers=uin), Person(id="beno", identifiers=uin)]
    assert dci("put", jsonl(tmp_path / "two.jsonl", people)).status == 2
    [record] = recorded()
    assert (sorted(record["records"]), record["incomplete"]) == (["PERSON#anna", "PERSON#beno"], True)


@pytest.mark.usefixtures("audit")
def test_an_interrupted_change_is_marked(registry: Registry) -> None:
    """Ctrl-C leaves the record, marked."""
    audit = OperatorAudit(registry.operator, TABLE, "me", "put")
    with pytest.raises(KeyboardInterrupt), audit.recorded(["PERSON#anna"]):
        raise KeyboardInterrupt
    assert recorded()[0]["incomplete"] is True


@pytest.mark.usefixtures("audit")
def test_the_record_is_there_before_the_change(registry: Registry) -> None:
    """The record is written before anything changes."""
    with OperatorAudit(registry.operator, TABLE, "me", "put").recorded(["PERSON#anna"]):
        assert changes() == [("put", ["PERSON#anna"])]


@pytest.mark.usefixtures("audit")
def test_many_keys_are_several_items(registry: Registry) -> None:
    """The keys of a large import are divided into items that DynamoDB accepts, each key once."""
    keys = [f"PERSON#{number:090}" for number in range(6_000)]
    with OperatorAudit(registry.operator, TABLE, "me", "import").recorded(keys):
        pass
    found = recorded()
    assert len(found) == 3
    assert sorted(key for record in found for key in record["records"]) == keys
    assert len({record["sk"].rpartition("#")[0] for record in found}) == 1
