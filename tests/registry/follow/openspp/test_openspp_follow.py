"""`dci registry follow openspp` on PostgreSQL: from OpenSPP's tables to the registry, by the real command."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from support.example_counts import sampled
from support.follow_harness import FollowHarness
from support.openspp_database import OpenSppDatabase
from support.registry_harness import registry_with, unstamped

pytestmark = pytest.mark.postgres
NOW, LATE = "2026-06-01 08:00:00", "2026-06-01 03:00:00"


@pytest.fixture
def url(openspp17: OpenSppDatabase) -> str:
    """Return the address of a database with a household of two."""
    return openspp17.cluster.url(openspp17.name)


def test_openspp_is_followed(follow: FollowHarness, openspp: OpenSppDatabase) -> None:
    """The first pass loads a household, and the next one has what changed since; the registry says how old it is."""
    url = openspp.cluster.url(openspp.name)
    amara, ben = (openspp.person(family_name="Okafor", given_name=name) for name in ("Amara", "Ben"))
    group = openspp.group(name="Okafor")
    openspp.identifier(amara, "N-1")
    for person in (amara, ben):
        openspp.member(group, person)
    outcome = follow(url)
    assert outcome.status == 0, outcome.err
    assert outcome.out.splitlines()[-1].endswith(": 2 people, 1 group new.")
    assert {id_ for _, id_ in follow.registry.views()} == {f"p{amara}", f"p{ben}", f"p{group}"}
    openspp.sql(f"UPDATE res_partner SET given_name = 'Benedict', write_date = now() WHERE id = {ben}")
    openspp.sql(f"UPDATE res_partner SET active = false, write_date = now() WHERE id = {amara}")
    assert follow(url).out.endswith("1 person, 1 group changed; 1 person deleted.\n")
    assert follow.registry.view(Kind.PERSON, f"p{ben}")["name"]["given_name"] == "Benedict"
    assert follow(url, "--check").out == "2 records compared, 0 differences.\n"
    assert follow(url).out.endswith("nothing changed.\n")
    assert follow.registry.findings() == []


def test_a_database_that_is_away_is_one_line(follow: FollowHarness, url: str) -> None:
    """An address where nothing listens, and a wrong one, are a sentence without a password."""
    outcome = follow("postgresql://dci:secret@127.0.0.1:1/openspp")
    assert (outcome.status, outcome.out) == (2, "")
    assert "cannot be reached" in outcome.err
    assert "secret" not in outcome.err
    assert "Traceback" not in outcome.err
    assert url


class Editor:
    """Edits OpenSPP's tables at random: as its forms do, as jobs that commit late, and by plain SQL."""

    def __init__(self, database: OpenSppDatabase, draw: random.Random) -> None:
        self._database, self._draw = database, draw
        self._people: list[int] = []
        self._groups: list[int] = []
        self._edits: list[Callable[[], object]] = [
            *(self._add_person, self._add_person, self._add_group, self._change, self._change, self._give_identifier),
            *(self._join, self._join, self._leave, self._hide, self._merge, self._phone, self._rename_type),
        ]

    def edit(self) -> None:
        """Make some edits."""
        for _ in range(self._draw.randint(2, 7)):
            self._draw.choice(self._edits)()

    @property
    def _written(self) -> dict[str, Any]:
        return {"write_date": self._draw.choice((NOW, NOW, LATE, None))}

    def _add_person(self) -> None:
        names = {"family_name": self._draw.choice("ABC"), "gender": "Male"}
        names = names if self._database.version == "openspp17" else {"family_name": names["family_name"]}
        self._people.append(self._database.person(**names, **self._written))

    def _add_group(self) -> None:
        self._groups.append(self._database.group(**self._written))

    def _change(self) -> None:
        """Change a registrant, seen by its time or not."""
        if self._people:
            self._update(self._draw.choice(self._people + self._groups), f"city = '{self._draw.choice('XYZ')}'")

    def _update(self, partner: int, assignment: str) -> None:
        seen = self._draw.choice(("", f", write_date = '{NOW}'"))
        self._database.sql(f"UPDATE res_partner SET {assignment}{seen} WHERE id = {partner}")

    def _give_identifier(self) -> None:
        if self._people:
            ids, version = self._database.ids, self._database.version
            partner = self._draw.choice(self._people)
            if version == "openspp2":  # one of a type for each
                self._database.sql(f"DELETE FROM {ids} WHERE partner_id = {partner}")
            self._database.identifier(partner, f"N-{self._draw.randint(1, 5)}", **self._written)

    def _join(self) -> None:
        if self._people and self._groups:
            group, person = self._draw.choice(self._groups), self._draw.choice(self._people)
            days = {"start_date": self._draw.choice((None, "2020-01-01", "2021-01-01"))}
            self._database.member(group, person, **days, **self._written)

    def _leave(self) -> None:
        """Delete a membership, and leave nothing of it."""
        table = self._database.memberships
        role = "g2p_group_membership_kind" if self._database.version == "openspp17" else "spp_vocabulary_code"
        row = f"SELECT id FROM {table} ORDER BY md5(id::text || '{self._draw.random()}') LIMIT 1"
        self._database.sql(f"DELETE FROM {table}_{role}_rel WHERE {table}_id IN ({row})")
        self._database.sql(f"DELETE FROM {table} WHERE id IN ({row})")

    def _hide(self) -> None:
        if self._people:
            hidden = ("active = false", "active = true", f"disabled = '{NOW}'", "disabled = NULL")
            self._update(self._draw.choice(self._people + self._groups), self._draw.choice(hidden))

    def _merge(self) -> None:
        """Merge two people as Odoo does: foreign keys by plain SQL, then the source is deleted."""
        if len(self._people) > 2:
            gone, kept = self._draw.sample(self._people, 2)
            base = self._database
            if base.version == "openspp2":
                base.sql(f"DELETE FROM {base.ids} WHERE partner_id = {kept}")
            for table, column in (
                (base.ids, "partner_id"),
                (base.phones, "partner_id"),
                (base.memberships, "individual"),
            ):
                base.sql(f"UPDATE {table} SET {column} = {kept} WHERE {column} = {gone}")
            base.sql(f"DELETE FROM res_partner WHERE id = {gone}")
            self._people.remove(gone)

    def _phone(self) -> None:
        if self._people:
            number = f"+6391712345{self._draw.randint(10, 99)}"
            self._database.insert(
                self._database.phones, partner_id=self._draw.choice(self._people), phone_no=number, **self._written
            )

    def _rename_type(self) -> None:
        if self._database.version == "openspp17":
            self._database.sql(f"UPDATE g2p_id_type SET name = 'Type {self._draw.randint(1, 2)}' WHERE id = 1")


THEIRS: list[Person | Group | Membership] = [
    Person(id="file-1"),
    Person(id="p2", name={"surname": "Theirs"}),
    Person.model_validate(
        {"id": "file-2", "identifiers": [{"identifier_type": "National ID", "identifier_value": "N-3"}]}
    ),
    Group(id="file-3"),
    Membership(person_id="file-1", group_id="file-3"),
]


@pytest.mark.usefixtures("engine")
@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", sampled(range(4)))
@pytest.mark.parametrize("version", ["openspp17", "openspp2"])
def test_any_sql_is_followed(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, seed: int
) -> None:
    """After any edits, a full pass gives the registry that a fresh load gives, and leaves records of others alone."""
    database: OpenSppDatabase = request.getfixturevalue(version)
    url, draw = database.cluster.url(database.name), random.Random(seed)
    editor = Editor(database, draw)
    with registry_with(*THEIRS) as registry, registry_with(*THEIRS) as fresh_registry:
        follow = FollowHarness(registry, tmp_path / "state.sqlite", capsys)
        fresh = FollowHarness(fresh_registry, tmp_path / "fresh.sqlite", capsys)
        for _ in range(5):
            editor.edit()
            if draw.random() < 0.3:
                follow.killed(url, draw.randint(5, 30), before=True)
            outcome = follow(url)
            assert outcome.status == 0, outcome.err
        assert follow(url, "--full").status == fresh(url).status == 0
        assert unstamped(registry.views()) == unstamped(fresh_registry.views())
        assert {key for key, view in registry.views().items() if "source" not in view} == {
            *((Kind.PERSON, id_) for id_ in ("file-1", "file-2", "p2")),
            (Kind.GROUP, "file-3"),
        }
        assert registry.findings() == fresh_registry.findings() == []
