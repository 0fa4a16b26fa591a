"""A file of OpenSPP's and its database give the same records."""

from __future__ import annotations

import csv
import io
from typing import Any

import psycopg
import pytest

from dci_cli.registry.files.cells import Notation
from dci_cli.registry.files.file_options import FileOptions
from dci_cli.registry.follow.openspp.options import Options
from dci_common.registry.model.records import AnyRecord, Membership
from support.import_files import table_records
from support.openspp_database import OpenSppDatabase

pytestmark = pytest.mark.postgres
NAMES = {"National ID": "UIN", "Household": "household"}
ADDRESS = """p.street, p.city, s.code AS state_id, c.code AS "country_id/code", p.registration_date, p.email,
       concat_ws(',', (SELECT string_agg(phone_no, ',' ORDER BY n.id) FROM g2p_phone_number n
                        WHERE partner_id = p.id), p.phone) AS phone"""
PLACES = """LEFT JOIN res_country_state s ON s.id = p.state_id LEFT JOIN res_country c ON c.id = p.country_id"""
INDIVIDUALS = f"""
SELECT 'p' || p.id AS id, family_name, given_name, addl_name, p.name, birthdate, gender, civil_status, occupation,
       nullif(income, 0) AS income, {ADDRESS},
       (SELECT array_agg(ARRAY[t.name, r.value] ORDER BY r.id DESC)
          FROM g2p_reg_id r JOIN g2p_id_type t ON t.id = r.id_type WHERE r.partner_id = p.id) AS ids
  FROM res_partner p {PLACES} WHERE is_group IS NOT TRUE ORDER BY p.id"""
GROUPS = f"""
SELECT 'p' || p.id AS id, p.name, k.name AS kind, {ADDRESS}
  FROM res_partner p LEFT JOIN g2p_group_kind k ON k.id = kind {PLACES} WHERE is_group ORDER BY p.id"""
MEMBERSHIPS = """
SELECT 'p' || "group" AS "group/id", 'p' || individual AS "individual/id", start_date, ended_date,
       (SELECT string_agg(k.name, ',' ORDER BY k.id) FROM g2p_group_membership_g2p_group_membership_kind_rel r
          JOIN g2p_group_membership_kind k ON k.id = r.g2p_group_membership_kind_id
         WHERE r.g2p_group_membership_id = m.id) AS kind
  FROM g2p_group_membership m ORDER BY "group", id"""


def exported(openspp: OpenSppDatabase, query: str) -> str:
    """Return what a query selects as Odoo's CSV: False where there is nothing, and a row for each identifier."""
    with psycopg.connect(openspp.cluster.url(openspp.name)) as connection:
        cursor = connection.execute(query.encode())
        names = [column.name for column in cursor.description or ()]
        text = io.StringIO()
        writer = csv.writer(text)
        has_ids = names[-1] == "ids"
        writer.writerow([*names[:-1], "reg_ids/id_type", "reg_ids/value"] if has_ids else names)
        for row in cursor:
            own = ["False" if value is None else value for value in (row[:-1] if has_ids else row)]
            for number, identifier in enumerate(row[-1] or [["", ""]] if has_ids else [[]]):
                writer.writerow([*(own if number == 0 else [""] * len(own)), *identifier])
    return text.getvalue()


def comparable(record: AnyRecord) -> dict[str, Any]:
    """Return the fields of a record, without the time of writing."""
    return record.model_dump(mode="json", exclude_defaults=True, exclude={"last_updated"})


def assert_same(openspp: OpenSppDatabase) -> int:
    """Compare the records of the database with those of its files, and return how many there are."""
    file_options = FileOptions(Notation(names=NAMES))
    tables = {"individuals.csv": INDIVIDUALS, "groups.csv": GROUPS, "memberships.csv": MEMBERSHIPS}
    files = [
        record
        for name, query in tables.items()
        for record in table_records(name, exported(openspp, query), file_options)
    ]
    found: list[AnyRecord] = []
    for one in openspp.read(Options(names=NAMES, income="year")).values():
        found += [one.record, *one.memberships]

    def key(record: AnyRecord) -> tuple[str, ...]:
        return (record.group_id, record.person_id) if isinstance(record, Membership) else (record.id,)

    assert {key(record): comparable(record) for record in found} == {
        key(record): comparable(record) for record in files if record is not None
    }
    return len(found)


def test_a_csv_export_and_the_database_give_the_same_records(openspp17: OpenSppDatabase) -> None:
    """Names, sexes, codes, phones, identifiers and memberships are read by the same code."""
    openspp17.populate(20)
    odd = [
        openspp17.person(name="DOE, JOHN ", gender="MALE", civil_status="Widow", birthdate="1890-01-01"),
        openspp17.person(given_name="  Ana\xa0Maria ", gender="F", occupation="N/A", income=12.5),
        openspp17.person(family_name="Ñandú", phone="+63 917 555 0101 / +63 917 555 0102"),
    ]
    openspp17.identifier(odd[0], " 123.0 ")
    group = openspp17.group(name="Hill ", kind=1)
    openspp17.member(group, odd[0], 1, 3, start_date="2020-01-01 08:00", ended_date="2021-01-01 08:00")
    assert assert_same(openspp17) == 20 * 11 + 5


@pytest.mark.exhaustive
def test_five_thousand_people_are_as_in_files_and_as_by_their_ids(openspp17: OpenSppDatabase) -> None:
    """The records of all are those of files, and those that are asked for one by one or in parts."""
    openspp17.populate(1000)
    assert assert_same(openspp17) == 11_000
    every = openspp17.read()
    some = [id_ for id_ in every if id_ % 7 in (0, 3)]
    assert openspp17.read(ids=some) == {id_: every[id_] for id_ in some}
