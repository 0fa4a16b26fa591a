"""What each change of a record changes of others, and what it leaves alone."""

from __future__ import annotations

import pytest

from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import AdditionalAttribute, Group, Identifier, Membership, Name, Person
from dci_common.registry.model.views import View, group_view
from dci_common.registry.storage.items import all_items
from dci_common.registry.write.writer import MAX_HOUSEHOLDS, MAX_MEMBERS, NoSuchRecord, WriteRefused
from support.written import INDEXING, Registry

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


def test_a_new_person(registry: Registry) -> None:
    """A new person has version 1, its own shard's index slots, and what finds it."""
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


def test_a_changed_person(registry: Registry) -> None:
    """A change gives up the lookups and slots that the person no longer has, and leaves the others alone."""
    registry.put(changed(ANNA, identifiers=[uin("7"), uin("8")]))
    after = changed(ANNA, identifiers=[uin("8"), uin("9")], birth_date=None, emails=[])
    registry.put(after)
    items = registry.items()
    assert {pk for pk, _ in items} == {"REGISTRY", "PERSON#anna", "IDENTIFIER#UIN#8", "IDENTIFIER#UIN#9"}
    assert "x02" not in items["PERSON#anna", "RECORD"]
    assert registry.version(Kind.PERSON, "anna") == 2
    registry.assert_holds(after)


def test_nothing_new(registry: Registry) -> None:
    """What is put again unchanged is not written, so its version stays."""
    records = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    registry.put(*records)
    before = registry.items()
    writer, client = registry.disturbed()
    for record in records:
        writer.put(record)
    assert client.transactions == 0
    assert registry.items() == before


def test_a_person_in_its_groups(registry: Registry) -> None:
    """A change of a person changes what its groups, and only these, show of it."""
    registry.put(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    before = registry.items()
    after = changed(ANNA, name={"given_name": "Ann"})
    registry.put(after)
    assert registry.view(Kind.GROUP, "hill")["members"][0]["name"] == {"given_name": "Ann"}
    written = {ref for ref, item in registry.items().items() if item != before.get(ref)}
    assert written == {("PERSON#anna", "RECORD"), ("GROUP#hill", "RECORD")}
    registry.assert_holds(after, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)


def test_a_group_in_its_members(registry: Registry) -> None:
    """A change of a group changes what its members, past ones too, show of it."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    after = Group(id="hill", name="Hilltop", poverty_score=2.5)
    registry.put(after)
    assert registry.view(Kind.PERSON, "beno")["households"][0]["poverty_score"] == 2.5
    registry.assert_holds(ANNA, BENO, after, ANNA_ON_HILL, BENO_ON_HILL)


def test_a_membership(registry: Registry) -> None:
    """A membership is shown by both sides, and its period by all members; changing it replaces it."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    assert registry.view(Kind.PERSON, "anna")["households"][0]["member_spans"] == [
        ["2020-01-01", "", 1],
        ["2020-01-01", "2024-01-01", 1],
    ]
    after = Membership(person_id="beno", group_id="hill", roles=("head",), start="2021-01-01")
    registry.put(after)
    assert registry.view(Kind.PERSON, "anna")["households"][0]["member_spans"] == [
        ["2020-01-01", "", 1],
        ["2021-01-01", "", 1],
    ]
    registry.assert_holds(ANNA, BENO, HILL, ANNA_ON_HILL, after)


def test_moving(registry: Registry) -> None:
    """Who moves to another household leaves nothing in the first."""
    registry.put(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    registry.writer.delete_membership("beno", "hill")
    moved = Membership(person_id="beno", group_id="lake", start="2024-01-01")
    registry.put(moved)
    registry.assert_holds(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, moved)


def test_deleting_a_person(registry: Registry) -> None:
    """With a person go its lookups, its memberships and its place in each household."""
    registry.put(changed(ANNA, identifiers=[uin("7")]), BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    registry.writer.delete(Kind.PERSON, "anna")
    assert not [ref for ref in registry.items() if "anna" in "".join(ref) or ref[0] == "IDENTIFIER#UIN#7"]
    registry.assert_holds(BENO, HILL, LAKE, BENO_ON_HILL)


def test_deleting_a_group(registry: Registry) -> None:
    """With a group go its lookups, its memberships and what its members show of it; the members stay."""
    registry.put(ANNA, BENO, HILL, LAKE, ANNA_ON_HILL, BENO_ON_HILL)
    registry.put(Membership(person_id="anna", group_id="lake"))
    registry.writer.delete(Kind.GROUP, "hill")
    registry.assert_holds(ANNA, BENO, LAKE, Membership(person_id="anna", group_id="lake"))


def test_shared_phones(registry: Registry) -> None:
    """A phone number may be that of several; each gives up its own only."""
    registry.put(BENO, LAKE)
    number = "PHONE#+15550100"
    assert {ref for ref in registry.items() if ref[0] == number} == {(number, "PERSON#beno"), (number, "GROUP#lake")}
    registry.writer.delete(Kind.PERSON, "beno")
    assert {ref for ref in registry.items() if ref[0] == number} == {(number, "GROUP#lake")}
    registry.assert_holds(LAKE)


def test_restricted(registry: Registry) -> None:
    """Who becomes restricted leaves the index shards and the household's size, and returns when that ends."""
    registry.put(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    hidden = changed(ANNA, restricted=True)
    registry.put(hidden)
    assert registry.items()["PERSON#anna", "RECORD"]["shard"] == {"S": "PERSON#restricted"}
    assert registry.view(Kind.PERSON, "beno")["households"][0]["member_spans"] == [["2020-01-01", "2024-01-01", 1]]
    registry.assert_holds(hidden, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
    registry.put(ANNA)
    assert registry.items()["PERSON#anna", "RECORD"]["shard"] != {"S": "PERSON#restricted"}
    registry.assert_holds(ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)


def test_nobody_there(registry: Registry) -> None:
    """What is not there can be neither deleted nor joined, and the refusal names it."""
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


def test_most_groups_of_a_person(registry: Registry) -> None:
    """A person belongs to so many groups and not to one more."""
    groups = [Group(id=f"g{number}") for number in range(MAX_HOUSEHOLDS + 1)]
    memberships = [Membership(person_id="anna", group_id=group.id) for group in groups]
    registry.put(ANNA, *groups, *memberships[:-1])
    with pytest.raises(WriteRefused, match=f"at most {MAX_HOUSEHOLDS} groups"):
        registry.put(memberships[-1])
    registry.assert_holds(ANNA, *groups, *memberships[:-1])


def crowd(number: int, **fields: object) -> list[View]:
    """Return a group's entries of so many members."""
    return [record_fields(Person.model_validate({"id": f"p{place}", **fields})) for place in range(number)]


def test_most_members_of_a_group(registry: Registry) -> None:
    """A group holds so many members and not one more."""
    registry.put(ANNA)
    registry.write(all_items(INDEXING, Kind.GROUP, group_view(record_fields(HILL), crowd(MAX_MEMBERS))))
    before = registry.items()
    with pytest.raises(WriteRefused, match=f"at most {MAX_MEMBERS} members"):
        registry.put(ANNA_ON_HILL)
    assert registry.items() == before


def test_too_large(registry: Registry) -> None:
    """A group whose members have more to say than a transaction takes gets no further one; nothing of it happens."""
    much = [AdditionalAttribute(key="k" * 450, value="v" * 450) for _ in range(100)]
    registry.put(ANNA)
    registry.write(
        all_items(INDEXING, Kind.GROUP, group_view(record_fields(HILL), crowd(44, additional_attributes=much)))
    )
    before = registry.items()
    with pytest.raises(WriteRefused, match="too large"):
        registry.put(ANNA_ON_HILL)
    assert registry.items() == before
