"""The user of the database that docs/openspp.md creates."""

from __future__ import annotations

import re

import psycopg
import pytest

from dci_cli.registry.follow.openspp.grants import READ
from dci_cli.registry.follow.openspp.options import Options
from support.events import ROOT
from support.follow_harness import FollowHarness
from support.openspp_database import OpenSppDatabase

pytestmark = pytest.mark.postgres
DOCUMENT = (ROOT / "docs" / "openspp.md").read_text(encoding="utf-8")


def documented_user(openspp: OpenSppDatabase) -> str:
    """Create the user as it is documented, with a name of the test's own."""
    [statements] = re.findall(r"^```sql\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    name = f"reader_of_{openspp.name}"
    openspp.sql(f"DROP OWNED BY {name}; DROP ROLE {name}" if openspp.sql(_IS_THERE.format(name)) == "1" else "")
    openspp.sql(re.sub(r"\bdci\b", name, statements))
    return name


_IS_THERE = "SELECT count(*) FROM pg_roles WHERE rolname = '{}'"


def test_lost_grants_are_losses(follow: FollowHarness, openspp: OpenSppDatabase) -> None:
    """Without a grant on the types of identifiers, or on the phone numbers, people would lose them: a pass stops."""
    for number in range(21):
        person = openspp.person()
        openspp.identifier(person, f"A{number}")
        openspp.insert(openspp.phones, partner_id=person, phone_no="+63 917 555 0100")
    user = documented_user(openspp)
    url = openspp.cluster.url(openspp.name, user)
    assert follow(url).status == 0
    types = "g2p_id_type" if openspp.version == "openspp17" else "spp_vocabulary_code"
    openspp.sql(f"REVOKE ALL ON {types}, {openspp.phones} FROM {user}")
    assert follow(url).problem.startswith("21 of 21 identifiers, 21 of 21 phone numbers are not in the database any")


def test_the_documented_columns_are_those_that_are_read() -> None:
    """No column is granted that is not read, and none is read that is not granted."""
    [values] = re.findall(r"FROM \(VALUES(.*?)\) AS wanted", DOCUMENT, re.DOTALL)
    granted = dict(re.findall(r"\('(\w+)',\s+'([^']+)'\)", values))
    assert {table: sorted(columns.split()) for table, columns in granted.items()} == {
        table: sorted(columns) for table, columns in READ.items()
    }


def fill(openspp: OpenSppDatabase) -> None:
    """Create registrants with all parts that either version has."""
    area = openspp.insert("spp_area", code="A1", draft_name='{"en_US": "Area"}')
    is_17 = openspp.version == "openspp17"
    codes = (
        {"gender": "Female", "title": 1, "civil_status": "married"}
        if is_17
        else {"gender_id": 3, "occupation_id": 30}
    )
    person = openspp.person(
        family_name="Doe", given_name="Anna", state_id=1, country_id=1, phone="+63 917 555 0101", **codes
    )
    other = openspp.person(name="ROE, KIM", birthdate="1990-01-31")
    group = openspp.group(area_id=area, **({"kind": 1} if is_17 else {"group_type_id": 40}))
    openspp.member(group, person, 1 if is_17 else 60, start_date="2020-02-29 17:00")
    openspp.identifier(person, "A1")
    openspp.insert(openspp.phones, partner_id=person, phone_no="+63 917 555 0100")
    relation = {"relation": 1} if is_17 else {"relation_id": 70}
    openspp.insert(openspp.relations, source=person, destination=other, **relation)
    tags = "g2p_registrant_tags_res_partner_rel" if is_17 else "res_partner_registrant_tag_rel"
    openspp.sql(f"INSERT INTO {tags} VALUES ({person}, {1 if is_17 else 50})")


def test_the_documented_user_reads_all_that_is_followed_and_no_more(openspp: OpenSppDatabase) -> None:
    """It reads the same records as the owner, cannot write, and sees neither secrets nor other columns."""
    fill(openspp)
    user = documented_user(openspp)
    options = Options(restricted_tag="Protected" if openspp.version == "openspp17" else "protected")
    assert openspp.read(options, user=user) == openspp.read(options)
    with openspp.source(options, user).snapshot() as snapshot, openspp.source(options).snapshot() as owners:
        assert list(snapshot.identities()) == list(owners.identities())
        assert list(snapshot.touched(snapshot.moment)) == list(owners.touched(snapshot.moment))
        assert snapshot.version == owners.version
        assert snapshot.not_granted == {}
    with psycopg.connect(openspp.cluster.url(openspp.name, user)) as connection:
        for statement in (
            "SELECT * FROM res_partner",
            "SELECT company_id FROM res_partner",
            f"SELECT expiry_date FROM {openspp.ids}",
            "SELECT name FROM res_company",
            "UPDATE res_partner SET name = 'x'",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                connection.execute(statement.encode())
            connection.rollback()
