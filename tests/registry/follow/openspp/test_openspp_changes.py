"""What a pass sees of changes: who was written, and whose records depend on others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dci_cli.registry.follow.openspp.options import Options
from dci_common.registry.model.base import Kind
from support.openspp_database import OpenSppDatabase

pytestmark = pytest.mark.postgres
LONG_AGO, SINCE, LATER = "2026-01-01 08:00", datetime(2026, 5, 1, 10, tzinfo=UTC), "2026-05-01 10:00"


def touched(openspp: OpenSppDatabase) -> list[int]:
    """Return who was written since the moment of the tests."""
    with openspp.source().snapshot() as snapshot:
        return list(snapshot.touched(SINCE))


def neighbours(openspp: OpenSppDatabase, *ids: int) -> list[int]:
    """Return whose records depend on these."""
    with openspp.source().snapshot() as snapshot:
        return list(snapshot.neighbours(ids))


def test_a_registrant_is_touched_by_each_of_its_parts(openspp: OpenSppDatabase) -> None:
    """The row and each child count by their own time, an unknown time always, and nobody else."""
    people = [openspp.person() for _ in range(7)]
    group = openspp.group()
    openspp.identifier(people[1], "A", write_date=LATER)
    openspp.insert(openspp.phones, partner_id=people[2], phone_no="+63 917 555 0100", write_date=None)
    openspp.insert(openspp.relations, source=people[3], destination=people[4], write_date=LATER)
    openspp.member(group, people[0], write_date=LATER)
    openspp.sql(f"UPDATE res_partner SET write_date = NULL WHERE id = {people[6]}")
    openspp.sql(f"INSERT INTO res_partner (company_id, write_date, name) VALUES (1, '{LATER}', 'A clerk')")
    assert touched(openspp) == [*people[1:5], people[6], group]


def test_the_time_of_writing_is_in_utc_whatever_the_session_has(own_openspp17: OpenSppDatabase) -> None:
    """A database in another time zone gives the same answer, to the microsecond."""
    own_openspp17.sql(f"ALTER DATABASE {own_openspp17.name} SET timezone = 'Asia/Manila'")
    before = own_openspp17.person(write_date="2026-05-01 09:59:59.999999")
    at = own_openspp17.person(write_date="2026-05-01 10:00:00")
    assert touched(own_openspp17) == [at]
    with own_openspp17.source().snapshot() as snapshot:
        assert snapshot.moment.tzinfo is UTC
        assert abs(snapshot.moment - datetime.now(UTC)).total_seconds() < 600
    assert own_openspp17.read()[before].record.last_updated == datetime(2026, 5, 1, 9, 59, 59, tzinfo=UTC)


def test_people_that_share_an_identifier_with_the_touched_are_touched(openspp: OpenSppDatabase) -> None:
    """The loser of an identifier need not be written when another one gets it."""
    loser = openspp.person()
    first = openspp.identifier(loser, "A1")
    winner = openspp.person()
    openspp.identifier(winner, "A1 ", write_date=LATER)
    assert touched(openspp) == [loser, winner]
    openspp.sql(f"DELETE FROM {openspp.ids} WHERE id = {first}")
    assert touched(openspp) == [winner]
    assert not openspp.read()[winner].contested


def test_neighbours_are_groups_relatives_and_sharers(openspp: OpenSppDatabase) -> None:
    """When somebody appears or goes, the records that name them are to be read again."""
    person, group, relative, sharer, other = (
        openspp.person(),
        openspp.group(),
        openspp.person(),
        openspp.person(),
        openspp.person(),
    )
    openspp.member(group, person)
    openspp.insert(openspp.relations, source=relative, destination=person)
    for one in (person, sharer):
        openspp.identifier(one, "A1")
    openspp.identifier(other, "B1")
    assert neighbours(openspp, person) == [person, group, relative, sharer]
    openspp.sql(f"UPDATE res_partner SET active = false WHERE id = {person}")
    assert neighbours(openspp, person) == [group, relative]
    assert neighbours(openspp, other) == [other]
    assert neighbours(openspp) == []


def test_identities_are_those_who_are_visible_now(openspp: OpenSppDatabase) -> None:
    """Archived, withdrawn, and others' partners have none; a group that was a person has another kind."""
    person, group = openspp.person(), openspp.group()
    openspp.person(active=False)
    openspp.person(active=None)
    withdrawn = openspp.person(disabled="2025-01-01")
    openspp.person(is_registrant=False)

    def found(options: Options) -> list[tuple[int, Kind, str]]:
        with openspp.source(options).snapshot() as snapshot:
            return [(one.source_id, one.kind, one.id) for one in snapshot.identities()]

    assert found(Options()) == [(person, Kind.PERSON, f"p{person}"), (group, Kind.GROUP, f"p{group}")]
    assert [one[0] for one in found(Options(keep_disabled=True))] == [person, group, withdrawn]
    openspp.sql(f"UPDATE res_partner SET is_group = true WHERE id = {person}")
    assert found(Options(prefix="x-"))[0] == (person, Kind.GROUP, f"x-{person}")


def test_a_snapshot_is_one_moment(openspp: OpenSppDatabase) -> None:
    """What is committed while a snapshot is read is in the next one, as a whole."""
    person = openspp.person(given_name="Anna")
    with openspp.source().snapshot() as snapshot:
        openspp.identifier(person, "A1")
        late = openspp.person()
        assert [one.source_id for one in snapshot.identities()] == [person]
        assert [len(one.record.identifiers) for one in snapshot.records()] == [0]
        assert list(snapshot.records([late])) == []
    assert [len(one.record.identifiers) for one in openspp.read().values()] == [1, 0]


def test_iterators_of_a_snapshot_may_be_interleaved_and_left(openspp: OpenSppDatabase) -> None:
    """Each iterator has a cursor of its own, which closes when it is left."""
    people = [openspp.person(given_name=f"Anna {number}") for number in range(3)]
    with openspp.source().snapshot() as snapshot:
        records, identities = snapshot.records(), snapshot.identities()
        assert next(records).source_id == next(identities).source_id == people[0]
        assert [one.source_id for one in snapshot.records(people[1:])] == people[1:]
        assert next(records).source_id == people[1]
        del records
        left = snapshot.records()
        next(left)
        assert [one.source_id for one in identities] == people[1:]
        assert len(list(snapshot.records())) == 3
    del left  # whose cursor ended with the transaction


def test_the_digest_of_a_record_is_the_same_until_partners_would_see_more(openspp: OpenSppDatabase) -> None:
    """Being written alone changes no digest; a name, a member and a tag's restriction do."""
    group, person = openspp.group(), openspp.person(given_name="Anna")
    before = {id_: one.digest for id_, one in openspp.read().items()}
    openspp.sql(f"UPDATE res_partner SET write_date = '{LATER}', company_id = 1")
    after = openspp.read()
    assert {id_: one.digest for id_, one in after.items()} == before
    assert after[person].record.last_updated == SINCE
    openspp.member(group, person)
    openspp.sql(f"UPDATE res_partner SET given_name = 'Ana' WHERE id = {person}")
    changed = openspp.read()
    assert all(changed[one].digest != before[one] for one in (group, person))


def test_the_digest_of_lists_says_when_all_records_may_differ(openspp17: OpenSppDatabase) -> None:
    """A renamed type or an option changes it; what registrants do does not."""

    def digest(options: Options | None = None) -> str:
        with openspp17.source(options).snapshot() as snapshot:
            return snapshot.lists_digest

    before = digest()
    openspp17.identifier(openspp17.person(), "A1")
    assert digest() == before
    assert digest(Options(keep_disabled=True)) != before
    openspp17.sql("UPDATE g2p_id_type SET name = 'National number' WHERE id = 1")
    assert digest() != before


def test_the_database_has_an_id_that_a_copy_does_not_share(own_openspp17: OpenSppDatabase) -> None:
    """The id of a database stays, and a test copy of it has another, so that it is never taken for it."""
    copy = f"{own_openspp17.name}_copy"
    own_openspp17.cluster.query(f"CREATE DATABASE {copy} TEMPLATE {own_openspp17.name}")
    found = []
    for one in (own_openspp17, own_openspp17, OpenSppDatabase(own_openspp17.cluster, copy, "openspp17")):
        with one.source().snapshot() as snapshot:
            found.append(snapshot.database)
    assert found[0] == found[1] != found[2]
