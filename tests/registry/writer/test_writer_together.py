"""Many records that are put at once: in one transaction, in parts, or a large group in steps."""

from __future__ import annotations

from itertools import count

import pytest

from dci_common.registry.errors import IdentifierTaken, NoSuchRecord
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from dci_common.registry.write.writer import RegistryWriter
from support.example_counts import sampled
from support.registry_harness import Crash, Registry

FEW_ACTIONS = 10
HILL, LAKE = Group(id="hill", name="Hill"), Group(id="lake")
CROWD = [Person(id=f"p{number:02}") for number in range(12)]
ON_HILL = [Membership(person_id=person.id, group_id="hill", start="2020-01-01") for person in CROWD]


def uin(value: str) -> tuple[Identifier, ...]:
    """Return a person's only identifier."""
    return (Identifier(identifier_type="UIN", identifier_value=value),)


def test_a_household_is_written_once(registry: Registry) -> None:
    """A group with its people and memberships is one transaction, and each of its records has one version."""
    writer, client = registry.disturbed()
    records: list[AnyRecord] = [*CROWD[:4], HILL, *ON_HILL[:4]]
    writer.put_all(records)
    assert client.transactions == 1
    registry.assert_holds(*records)
    assert {registry.version(Kind.GROUP, "hill"), registry.version(Kind.PERSON, "p00")} == {1}
    writer.put_all(records)
    assert client.transactions == 1


def test_changes_of_a_household_meet_in_its_records(registry: Registry) -> None:
    """A person who changes, one who joins and the group's own change are shown by all of them."""
    registry.put(*CROWD[:3], HILL, LAKE, *ON_HILL[:2], Membership(person_id="p00", group_id="lake"))
    named, older = CROWD[0].model_copy(update={"name": Name(given_name="Anna")}), Group(id="hill", name="Old Hill")
    registry.writer.put_all([named, older, ON_HILL[2]])
    registry.assert_holds(named, *CROWD[1:3], older, LAKE, *ON_HILL[:3], Membership(person_id="p00", group_id="lake"))


def test_what_does_not_fit_is_written_in_parts(registry: Registry) -> None:
    """People come first, then each group; the result is that of one transaction."""
    writer, client = registry.disturbed(FEW_ACTIONS)
    joined = [*ON_HILL[:6], *(Membership(person_id=person.id, group_id="lake") for person in CROWD[6:])]
    writer.put_all([*CROWD, HILL, LAKE, *joined])
    assert client.transactions > 4
    registry.assert_holds(*CROWD, HILL, LAKE, *joined)


def test_many_join_a_group_in_a_long_write(registry: Registry) -> None:
    """Those who join a large group follow in steps: the group is written twice, however many they are."""
    registry.put(*CROWD, HILL)
    writer, client = registry.disturbed(FEW_ACTIONS)
    writer.put_all(ON_HILL)
    assert client.transactions == 2 + 4  # three members a step
    assert registry.version(Kind.GROUP, "hill") == 3
    registry.assert_holds(*CROWD, HILL, *ON_HILL)


@pytest.mark.exhaustive
def test_an_interrupted_long_write_is_finished(registry: Registry) -> None:
    """After a crash at any transaction, the next writer of the group completes what was begun."""
    for at in count(1):
        registry.clear()
        registry.put(*CROWD, HILL)
        writer, client = registry.disturbed(FEW_ACTIONS)
        client.crash(at, before=False)
        try:
            writer.put_all(ON_HILL)
        except Crash:
            registry.writer.finish(Kind.GROUP, "hill")
            registry.assert_holds(*CROWD, HILL, *ON_HILL)
        else:
            assert at > 5
            break


def test_a_person_deleted_during_a_long_write_does_not_join(registry: Registry) -> None:
    """A person who is deleted after the group was written is not left in it."""
    registry.put(*CROWD, HILL)
    writer, client = registry.disturbed(FEW_ACTIONS)

    def meanwhile(number: int) -> None:
        if number == 2:
            registry.writer.delete(Kind.PERSON, "p11")

    client.before = meanwhile
    writer.put_all(ON_HILL)
    registry.assert_holds(*CROWD[:11], HILL, *ON_HILL[:11])


@pytest.mark.parametrize("finished_steps", [0, 2])
def test_an_interrupted_long_write_shows_nobody_as_they_were(registry: Registry, finished_steps: int) -> None:
    """A group shows new members at the end only: until then no change of them, nor their deletion, would reach it."""
    crowd = [person.model_copy(update={"name": Name(given_name="Anna")}) for person in CROWD]
    registry.put(*crowd, HILL)
    writer, client = registry.disturbed(FEW_ACTIONS)
    client.crash(1 + finished_steps, before=False)
    with pytest.raises(Crash):
        writer.put_all(ON_HILL)
    hidden = crowd[11].model_copy(update={"restricted": True})
    registry.writer.put(hidden)
    registry.writer.delete(Kind.PERSON, "p10")
    shown = registry.view(Kind.GROUP, "hill")["members"]
    assert not [entry for entry in shown if not entry.get("restricted")]
    assert "Anna" not in str(shown)
    registry.writer.finish(Kind.GROUP, "hill")
    registry.assert_holds(*crowd[:10], hidden, HILL, *ON_HILL[:10], ON_HILL[11])


@pytest.mark.parametrize("restricted", sampled([False, True], 1))
def test_a_person_changed_during_a_long_write_is_shown_as_they_are(registry: Registry, *, restricted: bool) -> None:
    """A person who changes after the group was written is shown by it as they are now."""
    registry.put(*CROWD, HILL)
    writer, client = registry.disturbed(FEW_ACTIONS)
    named = Person(id="p11", name=Name(given_name="Anna"), restricted=restricted)

    def meanwhile(number: int) -> None:
        if number == 2:
            registry.writer.put(named)

    client.before = meanwhile
    writer.put_all(ON_HILL)
    registry.assert_holds(*CROWD[:11], named, HILL, *ON_HILL)


def test_a_conflict_repeats_all_of_it(registry: Registry) -> None:
    """Records that another writer changes meanwhile are read again, and both changes are kept."""
    registry.put(*CROWD[:2], HILL)
    writer, client = registry.disturbed()
    named = Person(id="p00", name=Name(given_name="Anna"))
    client.before = lambda number: registry.writer.put(named) if number == 1 else None
    writer.put_all(ON_HILL[:2])
    registry.assert_holds(named, CROWD[1], HILL, *ON_HILL[:2])


@pytest.mark.parametrize("first", ["giver", "taker"])
def test_an_identifier_moves_in_one_call(registry: Registry, first: str) -> None:
    """Two records of which one claims what the other gives up are put one after the other."""
    giver, taker = Person(id="p00"), Person(id="p01", identifiers=uin("1"))
    registry.put(Person(id="p00", identifiers=uin("1")))
    records = [giver, taker] if first == "giver" else [taker, giver]
    if first == "taker":
        with pytest.raises(IdentifierTaken):
            registry.writer.put_all(records)
        registry.writer.put_all([giver])
    registry.writer.put_all(records)
    registry.assert_holds(giver, taker)


def test_a_membership_needs_both_records(registry: Registry) -> None:
    """A membership without its person or group refuses what is put with it, and nothing is written."""
    writer: RegistryWriter = registry.writer
    with pytest.raises(NoSuchRecord, match=r"There is no person p01\."):
        writer.put_all([CROWD[0], HILL, *ON_HILL[:2]])
    with pytest.raises(NoSuchRecord, match=r"There is no group hill\."):
        writer.put_all([CROWD[0], ON_HILL[0]])
    registry.assert_holds()
