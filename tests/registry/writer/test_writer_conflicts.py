"""Changes that contradict the registry, and changes that meet another writer's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from dci_common.registry.errors import IdentifierTaken, RegistryBusy, VersionConflict
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from dci_common.registry.write.transaction import Transaction
from dci_common.registry.write.writer import RegistryWriter
from support.registry_harness import INDEXING, Registry

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it

ANNA, BENO = (Person(id=id_, name=Name(given_name=id_)) for id_ in ("anna", "beno"))
HILL, LAKE = Group(id="hill"), Group(id="lake")
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill")
BENO_ON_HILL = Membership(person_id="beno", group_id="hill")

Change = Callable[[RegistryWriter], None]


def with_id(record: Person | Group, value: str, type_: str = "UIN") -> Person | Group:
    """Return a record with one identifier."""
    return record.model_copy(update={"identifiers": (Identifier(identifier_type=type_, identifier_value=value),)})


@pytest.mark.parametrize(
    ("first", "second", "owner"),
    [
        (ANNA, BENO, "PERSON#anna"),
        (HILL, LAKE, "GROUP#hill"),
        (HILL, ANNA, "GROUP#hill"),
        (ANNA, HILL, "PERSON#anna"),
    ],
)
def test_an_identifier_of_another_record_is_rejected(
    registry: Registry, first: Person | Group, second: Person | Group, owner: str
) -> None:
    """An identifier of another record is rejected with its type and owner, and nothing is written."""
    first = with_id(first, "7", "National ID")
    registry.put(first, second)
    with pytest.raises(IdentifierTaken) as refused:
        registry.put(with_id(second, "7", " national  id"))
    assert (refused.value.identifier_type, refused.value.owner) == ("NATIONAL ID", owner)
    assert str(refused.value) == f"An identifier of type NATIONAL ID already belongs to {owner}."
    registry.assert_holds(first, second)


def test_an_owner_may_rewrite_its_identifier(registry: Registry) -> None:
    """The owner may spell its identifier differently; another type or value is another identifier."""
    registry.put(with_id(ANNA, "7", "National ID"), with_id(BENO, "7", "UIN"), with_id(HILL, "8", "National ID"))
    registry.put(with_id(ANNA, "7", "NATIONAL ID"))
    registry.assert_holds(
        with_id(ANNA, "7", "NATIONAL ID"), with_id(BENO, "7", "UIN"), with_id(HILL, "8", "National ID")
    )


def test_a_released_identifier_can_be_registered_again(registry: Registry) -> None:
    """An identifier that a record gave up, or left when it was deleted, can be given to another record."""
    registry.put(with_id(ANNA, "7"))
    registry.put(ANNA)
    registry.put(with_id(BENO, "7"))
    registry.assert_holds(ANNA, with_id(BENO, "7"))
    registry.writer.delete(Kind.PERSON, "beno")
    registry.put(with_id(ANNA, "7"))
    registry.assert_holds(with_id(ANNA, "7"))


@pytest.mark.parametrize("record", [ANNA, HILL])
def test_a_change_needs_the_expected_version(registry: Registry, record: Person | Group) -> None:
    """A change that expects a version is made at that version only; 0 expects that there is no record."""
    kind = Kind.PERSON if isinstance(record, Person) else Kind.GROUP
    writer = registry.writer
    with pytest.raises(VersionConflict, match=f"^The {kind.lower()} {record.id} is at version 0, not 1"):
        writer.put(record, version=1)
    writer.put(record, version=0)
    with pytest.raises(VersionConflict, match="is at version 1, not 0"):
        writer.put(record, version=0)
    after = with_id(record, "7")
    writer.put(after, version=1)
    with pytest.raises(VersionConflict, match="is at version 2, not 1"):
        writer.put(record, version=1)
    with pytest.raises(VersionConflict, match="is at version 2, not 1"):
        writer.delete(kind, record.id, version=1)
    registry.assert_holds(after)
    writer.delete(kind, record.id, version=2)
    registry.assert_holds()


def disturb(registry: Registry, *meanwhile: Change) -> RegistryWriter:
    """Return a writer before whose n-th transaction the n-th of these changes is made by another one."""
    writer, client = registry.disturbed()

    def before(number: int) -> None:
        if number <= len(meanwhile):
            meanwhile[number - 1](registry.writer)

    client.before = before
    return writer


def puts(*records: AnyRecord) -> Change:
    """Return a change that puts records."""

    def change(writer: RegistryWriter) -> None:
        for record in records:
            writer.put(record)

    return change


def test_a_conflicting_change_is_retried(registry: Registry) -> None:
    """A writer that meets a concurrent change starts again, and both changes are kept."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL)
    older = BENO.model_copy(update={"birth_date": ANNA.birth_date, "occupation": "farmer"})
    writer = disturb(registry, puts(older), puts(Group(id="hill", name="Hill")))
    writer.put(BENO_ON_HILL)
    registry.assert_holds(ANNA, older, Group(id="hill", name="Hill"), ANNA_ON_HILL, BENO_ON_HILL)


def test_a_conflict_at_an_expected_version_is_an_error(registry: Registry) -> None:
    """A concurrent change is an error for a writer that expects a version."""
    registry.put(ANNA)
    faster = ANNA.model_copy(update={"occupation": "farmer"})
    writer = disturb(registry, puts(faster))
    with pytest.raises(VersionConflict, match="is at version 2, not 1"):
        writer.put(with_id(ANNA, "7"), version=1)
    registry.assert_holds(faster)


def test_concurrent_creations_replace_each_other(registry: Registry) -> None:
    """Of two concurrent creations of a record, the later one replaces the other."""
    writer = disturb(registry, puts(with_id(ANNA, "7")))
    writer.put(with_id(ANNA, "8"))
    registry.assert_holds(with_id(ANNA, "8"))


def test_the_slower_claim_of_an_identifier_is_rejected(registry: Registry) -> None:
    """Of two concurrent claims of an identifier, the slower one is rejected."""
    writer = disturb(registry, puts(with_id(ANNA, "7")))
    with pytest.raises(IdentifierTaken) as refused:
        writer.put(with_id(BENO, "7"))
    assert refused.value.owner == "PERSON#anna"
    registry.assert_holds(with_id(ANNA, "7"))


def test_a_recreated_record_is_not_taken_for_the_old_one(registry: Registry) -> None:
    """A record that was deleted and created again has version 1 and is not taken for the old one."""
    registry.put(with_id(ANNA, "7"))

    def anew(writer: RegistryWriter) -> None:
        writer.delete(Kind.PERSON, "anna")
        writer.put(with_id(ANNA, "8"))

    writer = disturb(registry, anew)
    writer.put(with_id(ANNA, "9"))
    registry.assert_holds(with_id(ANNA, "9"))


def test_a_concurrent_departure_is_kept(registry: Registry) -> None:
    """A change of a person that leaves a group at the same time does not bring the membership back."""
    registry.put(ANNA, HILL, ANNA_ON_HILL)
    writer = disturb(registry, lambda other: other.delete_membership("anna", "hill"))
    writer.put(with_id(ANNA, "7"))
    registry.assert_holds(with_id(ANNA, "7"), HILL)


def test_a_group_deleted_meanwhile_stays_deleted(registry: Registry) -> None:
    """A group that is deleted while a member is changed stays deleted."""
    registry.put(ANNA, HILL, ANNA_ON_HILL)
    writer = disturb(registry, lambda other: other.delete(Kind.GROUP, "hill"))
    writer.put(with_id(ANNA, "7"))
    registry.assert_holds(with_id(ANNA, "7"))


BETWEEN: dict[str, tuple[list[AnyRecord], Change, Change, list[AnyRecord]]] = {
    "who is joined is taken out": (
        [ANNA, HILL, ANNA_ON_HILL],
        lambda writer: writer.put(ANNA_ON_HILL),
        lambda other: other.delete_membership("anna", "hill"),
        [ANNA, HILL, ANNA_ON_HILL],
    ),
    "who is taken out is joined": (
        [ANNA, HILL],
        lambda writer: writer.delete_membership("anna", "hill"),
        lambda other: other.put(ANNA_ON_HILL),
        [ANNA, HILL],
    ),
    "who is put as it was is changed": (
        [ANNA, HILL, ANNA_ON_HILL],
        lambda writer: writer.put(ANNA),
        lambda other: other.put(with_id(ANNA, "7")),
        [ANNA, HILL, ANNA_ON_HILL],
    ),
    "whose group is deleted": (
        [ANNA, HILL, ANNA_ON_HILL],
        lambda writer: writer.put(with_id(ANNA, "7")),
        lambda other: other.delete(Kind.GROUP, "hill"),
        [with_id(ANNA, "7")],
    ),
}


@pytest.mark.parametrize(("before", "change", "meanwhile", "after"), BETWEEN.values(), ids=BETWEEN)
def test_records_read_at_different_moments_are_read_again(
    registry: Registry, before: list[AnyRecord], change: Change, meanwhile: Change, after: list[AnyRecord]
) -> None:
    """A person and a group that were read at different moments are not assumed to agree."""
    registry.put(*before)
    writer, client = registry.disturbed()
    reads = iter((lambda _other: None, meanwhile))  # the first of the two is read, then it happens
    client.reading = lambda _request: next(reads, lambda _other: None)(registry.writer)
    change(writer)
    registry.assert_holds(*after)


def test_a_known_membership_writes_nothing(registry: Registry) -> None:
    """A membership that is there is not written again: that could bring one back that ends meanwhile."""
    registry.put(ANNA, HILL, ANNA_ON_HILL)
    writer, client = registry.disturbed()
    writer.put(ANNA_ON_HILL)
    assert client.transactions == 0


def test_a_writer_gives_up_after_repeated_conflicts(registry: Registry) -> None:
    """A writer that meets conflicts again and again gives up, and its caller is asked to retry."""
    registry.put(ANNA)
    names = (puts(Person(id="anna", birth_place=str(number))) for number in range(100))
    with pytest.raises(RegistryBusy) as busy:
        disturb(registry, *names).put(BENO.model_copy(update={"id": "anna"}))
    assert busy.value.retry_after


def test_a_dynamodb_error_is_no_conflict(registry: Registry) -> None:
    """An error of DynamoDB is not taken for another writer's change."""
    transaction = Transaction("no-such-table", INDEXING)
    transaction.rekey_memberships("anna", "hill", [])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        transaction.commit(registry.runtime.dynamodb)
