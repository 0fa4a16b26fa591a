"""`dci registry put`, `delete`: what an operator changes record by record."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from dci_cli.registry.support.json_lines import write_line
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from dci_common.registry.write.writer import RegistryWriter
from support.commands import Commands
from support.example_counts import sampled
from support.import_files import jsonl
from support.registry_harness import Registry

UIN = Identifier(identifier_type="UIN", identifier_value="847951632")
ANNA = Person(id="anna", name=Name(given_name="Anna"), identifiers=(UIN,))
BENO = Person(id="beno", name=Name(given_name="Beno"))
HILL = Group(id="hill", name="Hill")
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill", roles=("head",))
BENO_ON_HILL = Membership(person_id="beno", group_id="hill")
TWICE = '[{"identifier_type": "UIN", "identifier_value": "1"}, {"identifier_type": "uin", "identifier_value": "1"}]'
ALL: tuple[AnyRecord, ...] = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with two people and their household."""
    registry.put(*ALL)
    return registry


def lines(*records: AnyRecord) -> str:
    """Write records as JSON Lines."""
    return "".join(write_line(type(record).__name__.lower(), record_fields(record)) for record in records)


def test_put_writes_a_file_in_order(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """The records of a file are written in order, with the records that they affect."""
    done = dci("put", jsonl(tmp_path / "some.jsonl", ALL))
    assert (done.status, done.out) == (0, "5 records written.\n")
    registry.assert_holds(*ALL)


def test_put_reads_stdin(registry: Registry, dci: Commands) -> None:
    """Records come from stdin, with empty lines between them; an unchanged one is not written."""
    registry.put(ANNA)
    done = dci("put", "-", stdin=lines(ANNA) + "\n" + lines(BENO))
    assert (done.status, done.out) == (0, "2 records written.\n")
    registry.assert_holds(ANNA, BENO)
    assert registry.version(Kind.PERSON, "anna") == 1


def test_put_writes_only_at_the_given_version(registry: Registry, dci: Commands) -> None:
    """A record is replaced only at the given version; 0 means that it does not exist."""
    named = Person(id="anna", name=Name(given_name="Ana"))
    assert dci("put", "-", "--version", 0, stdin=lines(ANNA)).status == 0
    assert dci("put", "-", "--version", 1, stdin=lines(named)).status == 0
    assert dci("put", "-", "--version", 1, stdin=lines(ANNA)).problem == (
        "Line 1 is rejected: The person anna is at version 2, not 1."
    )
    registry.assert_holds(named)


@pytest.mark.parametrize("records", [(ANNA, BENO), (ANNA_ON_HILL,), ()])
def test_a_version_is_for_one_record(registry: Registry, dci: Commands, records: tuple[AnyRecord, ...]) -> None:
    """A version is for one person or group; otherwise nothing is written."""
    problem = dci("put", "-", "--version", 1, stdin=lines(*records)).problem
    assert problem == "--version requires a file with one person or group, and nothing else."
    registry.assert_holds()


def test_an_interrupted_put_says_what_is_written(
    filled: Registry, dci: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the command with the number of records that are written, and how to go on."""
    put = RegistryWriter.put

    def interrupted(writer: RegistryWriter, record: AnyRecord, *, version: int | None = None) -> None:
        if isinstance(record, Person) and record.id == "dora":
            raise KeyboardInterrupt
        put(writer, record, version=version)

    monkeypatch.setattr(RegistryWriter, "put", interrupted)
    carla = Person(id="carla")
    done = dci("put", "-", stdin=lines(carla, Person(id="dora")))
    assert (done.status, done.out) == (130, "")
    assert done.err == "dci: Interrupted. 1 record written: run the same command again.\n"
    filled.assert_holds(*ALL, carla)


@pytest.mark.usefixtures("filled")
def test_an_interrupted_delete_says_how_to_go_on(dci: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a record is deleted says that the same command deletes the rest."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RegistryWriter, "delete", interrupted)
    done = dci("delete", "anna", "--yes")
    assert (done.status, done.out) == (130, "")
    assert done.err.startswith("dci: Interrupted. Run the same command again: ")


def test_a_rejected_record_stops_put(filled: Registry, dci: Commands) -> None:
    """A rejected record ends the command with its line and reason; the records before it are written."""
    carla = Person(id="carla")
    thief = Person(id="dora", identifiers=(UIN,))
    problem = dci("put", "-", stdin=lines(carla, thief, Person(id="emil"))).problem
    taken = "An identifier of type UIN already belongs to PERSON#anna."
    assert problem == f"Line 2 is rejected: {taken} The 1 record before it is written."
    filled.assert_holds(*ALL, carla)


@pytest.mark.parametrize(
    ("line", "reason"),
    sampled(
        [
            ("{", "The line is not valid JSON."),
            ("7", "The line must be an object."),
            ("{}", "The line must hold one of person, group and membership."),
            (
                '{"person": {"id": "a"}, "group": {"id": "b"}}',
                "The line must hold one of person, group and membership.",
            ),
            ('{"individual": {"id": "a"}}', "The line holds an unknown field."),
            ('{"person": {"id": "secret name"}}', "person.id is not valid."),
            (
                '{"person": {"id": "a", "birth_date": "31/01/1990"}}',
                "person.birth_date must be a date such as 1990-01-31, 1990-01 or 1990.",
            ),
            ('{"person": {"id": "a", "hobby": "chess"}}', "person holds an unknown field."),
            ('{"membership": {"person_id": "a"}}', "membership.group_id is missing."),
            (
                '{"membership": {"person_id": "a", "group_id": "b", "start": "2024-01-02", "end": "2024-01-01"}}',
                "membership must not have its end before its start.",
            ),
            (
                '{"person": {"id": "a", "identifiers": ' + TWICE + "}}",
                "person.identifiers must hold each identifier once, whatever the case of its type.",
            ),
            ('{"person": {"id": "a"}, "person": {"id": "b"}}', "The line has person more than once in an object."),
            (
                '{"person": {"id": "a", "restricted": true, "restricted": false}}',
                "The line has restricted more than once in an object.",
            ),
            (
                '{"person": {"id": "a", "name": {"surname": "A", "sur\\u006eame": "B"}}}',
                "The line has surname more than once in an object.",
            ),
        ],
        4,
    ),
)
def test_an_invalid_line_writes_nothing(registry: Registry, dci: Commands, line: str, reason: str) -> None:
    """A line that is not a record is reported with its number and what is expected, and nothing is written."""
    problem = dci("put", "-", stdin=lines(ANNA) + line + "\n").problem
    assert problem == f"Line 2: {reason} Nothing was written."
    registry.assert_holds()


@pytest.mark.usefixtures("registry")
def test_an_unreadable_file_is_named(dci: Commands, tmp_path: Path) -> None:
    """A file that is missing, or is not text, is named in one line."""
    assert dci("put", tmp_path / "none").problem.endswith("none cannot be read: No such file or directory.")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    assert dci("put", binary).problem.endswith("binary is not UTF-8 text.")


def test_a_confirmed_person_is_deleted(filled: Registry, dci: Commands) -> None:
    """A confirmed person is deleted, with their index entries and their part in the household."""
    done = dci("delete", "anna", stdin="y\n")
    assert (done.status, done.out) == (0, "Deleted the person anna with 1 membership.\n")
    assert done.err == "Delete the person anna with 1 membership? [y/N] "
    filled.assert_holds(BENO, HILL, BENO_ON_HILL)


def test_a_group_is_deleted_without_its_members(filled: Registry, dci: Commands) -> None:
    """With --yes a group is deleted without a question, and its members stay."""
    done = dci("delete", "hill", "--yes")
    assert (done.status, done.out, done.err) == (0, "Deleted the group hill with 2 memberships.\n", "")
    filled.assert_holds(ANNA, BENO)


def test_a_membership_is_deleted_without_its_sides(filled: Registry, dci: Commands) -> None:
    """A membership is deleted, and its person and group stay."""
    done = dci("delete", "--membership", "anna", "hill", stdin="yes\n")
    assert (done.status, done.out) == (0, "Deleted the person anna's membership of the group hill.\n")
    filled.assert_holds(ANNA, BENO, HILL, BENO_ON_HILL)


@pytest.mark.parametrize("answer", sampled(["", "\n", "n\n", "yesterday\n"], 2))
def test_nothing_is_deleted_without_a_yes(filled: Registry, dci: Commands, answer: str) -> None:
    """Without the answer yes, or without an answer, nothing is deleted."""
    for what in (["anna"], ["--membership", "anna", "hill"]):
        assert dci("delete", *what, stdin=answer).problem == "Nothing was deleted: answer y, or use --yes."
    filled.assert_holds(*ALL)


def test_deleting_an_unknown_record_is_reported(filled: Registry, dci: Commands) -> None:
    """A record that does not exist is reported."""
    assert dci("delete", "nobody", "--yes").problem == "There is no person and no group nobody in the registry."
    filled.put(Person(id="carla"))
    problem = dci("delete", "--membership", "carla", "hill", "--yes").problem
    assert problem == "The person carla does not belong to the group hill."


def test_a_record_that_changes_before_the_answer_is_not_deleted(filled: Registry, dci: Commands) -> None:
    """A record that changes before the answer is not deleted."""
    changed = Person(id="beno", name=Name(given_name="Benedikt"))
    assert (
        dci("delete", "beno", stdin="y\n", meanwhile=partial(filled.put, changed)).problem
        == "The person beno is at version 3, not 2."
    )
    filled.assert_holds(ANNA, changed, HILL, ANNA_ON_HILL, BENO_ON_HILL)
