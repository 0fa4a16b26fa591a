"""What each change of a record changes of others, and what it leaves alone."""

from __future__ import annotations

import pytest

from dci_common.registry.errors import NoSuchRecord, WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import AdditionalAttribute, Group, Identifier, Membership, Name, Person
from dci_common.registry.model.views import View, group_view
from dci_common.registry.storage.items import all_items
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS, MAX_MEMBERS
from support.registry_harness import INDEXING, Registry

ANNA = Person(id="anna", name=Name(given_name="Anna"), birth_date="1990-01-31", emails=("Anna@example.org",))
BENO = Person(id="beno", name=Name(given_name="Beno"), phone_numbers=("+1 555 0100",))
HILL = Group(id="hill", name="Hill", poverty_score=0)
LAKE = Group(id="lake", name="Lake", phone_numbers=("+1 555 0100",))
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill", roles=("head",), start="2020-01-01")
BENO_ON_HILL = Membership(person_id="beno", group_id="hill", start="2020-01-01", end="2024-01-01")


def changed(record: Person, **fields: object) -> Person:
    """Return a person with other fields."""
    return Person.model_validate({**record.model_dump(), **fields})


def uin(value: str) -> Identifier:
    """Return an identifier."""
    return Identifier(identifier_type="UIN", identifier_value=value)


def test_a_new_person_gets_version_one_and_its_index_entries(registry: Registry) -> None:
    """A new person has version 1, lookups, and slots in its own shard."""
    registry.put(changed(ANNA, identifiers=[uin("7")], phone_numbers=["00 1 555-0101"]))
    items = registry.items()
    record = items["PERSON#anna", "RECORD"]
    assert (record["version"], record["x02"]) == ({"N": "1"}, {"S": "1990-01-31#anna"})
    assert {pk for pk, _ in items} == {
        "REGISTRY",
        "PERSON#anna",
        "IDENTIFIER#UIN#7",
        "PHONE#+15550101",
        "EMAIL#anna@example.org",
    }
    assert registry.store.settings().identifier_types == {"UIN"}


def test_a_change_removes_outdated_index_entries(registry: Registry) -> None:
    """A change removes the lookups and slots that no longer apply, and leaves the others alone."""
    registry.put(changed(ANNA, identifiers=[uin("7"), uin("8")]))
    after = changed(ANNA, identifiers=[uin("8"), uin("9")], birth_date=None, emails=[])
    registry.put(after)
    items = registry.items()
    assert {pk for pk, _ in items} == {"REGISTRY", "PERSON#anna", "IDENTIFIER#UIN#8", "IDENTIFIER#UIN#9"}
    assert "x02" not in items["PERSON#anna", "RECORD"]
    assert registry.version(Kind.PERSON, "anna") == 2
    registry.assert_holds(after)


def test_an_unchanged_record_is_not_written(registry: Registry) -> None:
    """A record that is put again unchanged is not written and keeps its version."""
    records = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    registry.put(*records)
    before = registry.items()
    writer, client = registry.disturbed()
    for record in records:
        writer.put(record)
    assert client.transactions == 0
    assert registry.items() == before


def test_a_change_of_a_person_updates_its_groups(registry: Registry) -> None:
    """A change of a person updates its groups' copies, and nothing else."""
    registry.put(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    before = registry.items()
    after = changed(ANNA, name={"given_name": "Ann"})
    registry.put(after)
    assert registry.view(Kind.GROUP, "hill")["members"][0]["name"] == {"given_name": "Ann"}
    written = {ref for ref, item in registry.items().items() if item != before.get(ref)}
    assert written == {("PERSON#anna", "RECORD"), ("GROUP#hill", "RECORD")}
    registry.assert_holds(after, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)


def test_a_change_of_a_group_updates_its_members(registry: Registry) -> None:
    """A change of a group updates the copies of its present and past members."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    after = Group(id="hill", name="Hilltop", poverty_score=2.5)
    registry.put(after)
    assert registry.view(Kind.PERSON, "beno")["households"][0]["poverty_score"] == 2.5
    registry.assert_holds(ANNA, BENO, after, ANNA_ON_HILL, BENO_ON_HILL)


def test_a_membership_is_shown_on_both_sides(registry: Registry) -> None:
    """Both sides show a membership, all members show its period, and a change replaces it."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    assert registry.view(Kind.PERSON, "anna")["households"][0]["member_spans"] == [
        ["2020-01-01", "", 1],
        ["2020-01-01", "2024-01-01", 1],
    ]
    after = Membership(person_id="beno", group_id="hill", roles=("head",), start="2020-01-01", end="2021-01-01")
    registry.put(after)
    assert registry.view(Kind.PERSON, "anna")["households"][0]["member_spans"] == [
        ["2020-01-01", "", 1],
        ["2020-01-01", "2021-01-01", 1],
    ]
    registry.assert_holds(ANNA, BENO, HILL, ANNA_ON_HILL, after)


def test_a_move_leaves_nothing_in_the_old_household(registry: Registry) -> None:
    """A person that moves to another household leaves nothing in the first."""
    registry.put(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    registry.writer.delete_membership("beno", "hill")
    moved = Membership(person_id="beno", group_id="lake", start="2024-01-01")
    registry.put(moved)
    registry.assert_holds(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, moved)


def test_deleting_a_person_removes_lookups_and_memberships(registry: Registry) -> None:
    """A deleted person's lookups and memberships are removed, also from each household."""
    registry.put(changed(ANNA, identifiers=[uin("7")]), BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    registry.writer.delete(Kind.PERSON, "anna")
    assert not [ref for ref in registry.items() if "anna" in "".join(ref) or ref[0] == "IDENTIFIER#UIN#7"]
    registry.assert_holds(BENO, HILL, LAKE, BENO_ON_HILL)


def test_deleting_a_group_keeps_its_members(registry: Registry) -> None:
    """A deleted group's lookups and memberships are removed; its members stay."""
    registry.put(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    registry.put(Membership(person_id="anna", group_id="lake"))
    registry.writer.delete(Kind.GROUP, "hill")
    registry.assert_holds(ANNA, BENO, LAKE, Membership(person_id="anna", group_id="lake"))


def test_a_shared_phone_number_is_removed_per_record(registry: Registry) -> None:
    """Several records may have one phone number; each removes only its own entry."""
    registry.put(BENO, LAKE)
    number = "PHONE#+15550100"
    assert {ref for ref in registry.items() if ref[0] == number} == {(number, "PERSON#beno"), (number, "GROUP#lake")}
    registry.writer.delete(Kind.PERSON, "beno")
    assert {ref for ref in registry.items() if ref[0] == number} == {(number, "GROUP#lake")}
    registry.assert_holds(LAKE)


def test_a_restricted_person_is_not_indexed_or_counted(registry: Registry) -> None:
    """A restricted person leaves the index and the household's size, and returns when the restriction ends."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    hidden = changed(ANNA, restricted=True)
    registry.put(hidden)
    assert registry.items()["PERSON#anna", "RECORD"]["shard"] == {"S": "PERSON#restricted"}
    assert registry.view(Kind.PERSON, "beno")["households"][0]["member_spans"] == [["2020-01-01", "2024-01-01", 1]]
    registry.assert_holds(hidden, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    registry.put(ANNA)
    assert registry.items()["PERSON#anna", "RECORD"]["shard"] != {"S": "PERSON#restricted"}
    registry.assert_holds(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)


def test_an_unknown_record_is_named_in_the_error(registry: Registry) -> None:
    """A record that does not exist can be neither deleted nor joined, and the error names it."""
    registry.put(ANNA, HILL)
    writer = registry.writer
    with pytest.raises(NoSuchRecord, match=r"^There is no person nobody\.$"):
        writer.delete(Kind.PERSON, "nobody")
    with pytest.raises(NoSuchRecord, match=r"^There is no group nothing\.$"):
        writer.delete(Kind.GROUP, "nothing")
    with pytest.raises(NoSuchRecord, match=r"^There is no person nobody\.$"):
        writer.put(Membership(person_id="nobody", group_id="hill"))
    with pytest.raises(NoSuchRecord, match=r"^There is no group nothing\.$"):
        writer.put(Membership(person_id="anna", group_id="nothing"))
    with pytest.raises(NoSuchRecord, match="anna does not belong to the group hill"):
        writer.delete_membership("anna", "hill")
    registry.assert_holds(ANNA, HILL)


def test_a_person_has_a_largest_number_of_groups(registry: Registry) -> None:
    """A person can belong to the largest number of groups, and to no more."""
    groups = [Group(id=f"g{number}") for number in range(MAX_HOUSEHOLDS + 1)]
    memberships = [Membership(person_id="anna", group_id=group.id) for group in groups]
    registry.put(ANNA, *groups, *memberships[:-1])
    with pytest.raises(WriteRefused, match=f"at most {MAX_HOUSEHOLDS} groups"):
        registry.put(memberships[-1])
    registry.assert_holds(ANNA, *groups, *memberships[:-1])


def crowd(number: int, **fields: object) -> list[View]:
    """Return a group's entries of so many members."""
    return [record_fields(Person.model_validate({"id": f"p{place}", **fields})) for place in range(number)]


def test_a_group_has_a_largest_number_of_members(registry: Registry) -> None:
    """A group can have the largest number of members, and no more."""
    registry.put(ANNA)
    registry.write(all_items(INDEXING, Kind.GROUP, group_view(record_fields(HILL), crowd(MAX_MEMBERS))))
    before = registry.items()
    with pytest.raises(WriteRefused, match=f"at most {MAX_MEMBERS} members"):
        registry.put(ANNA_ON_HILL)
    assert registry.items() == before


@pytest.mark.exhaustive
def test_a_member_too_large_for_a_transaction_is_rejected(registry: Registry) -> None:
    """A group whose members no longer fit into a transaction accepts no further member and is not changed."""
    much = [AdditionalAttribute(key="k" * 450, value="v" * 450) for _ in range(100)]
    registry.put(ANNA)
    registry.write(
        all_items(INDEXING, Kind.GROUP, group_view(record_fields(HILL), crowd(44, additional_attributes=much)))
    )
    before = registry.items()
    with pytest.raises(WriteRefused, match="too large"):
        registry.put(ANNA_ON_HILL)
    assert registry.items() == before
