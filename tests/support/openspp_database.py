"""Databases of OpenSPP for tests: made of the tables that its modules create, and filled by SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg

from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.source import OpenSpp
from dci_cli.registry.follow.source import SourceRecord
from support.events import ROOT
from support.postgres import USER, Cluster

SCHEMAS = ROOT / "tests" / "support" / "openspp"
_WRITTEN = "2026-01-01 08:00:00"  # when rows were written that do not say it
_NUMBERS = count(1)


@dataclass(frozen=True)
class OpenSppDatabase:
    """A database for a test. `version` is `openspp17` or `openspp2`."""

    cluster: Cluster
    name: str
    version: str

    @classmethod
    def create(cls, cluster: Cluster, version: str) -> OpenSppDatabase:
        """Create one with the lists of OpenSPP, and without registrants."""
        name = f"{version}_{next(_NUMBERS)}"
        cls(cluster, "postgres", version).sql(f"CREATE DATABASE {name} TEMPLATE {version}")
        return cls(cluster, name, version)

    @classmethod
    def shared(cls, cluster: Cluster, version: str) -> OpenSppDatabase:
        """Return one that all tests have in turn, emptied: a new one is hundreds of files."""
        database = cls(cluster, f"{version}_shared", version)
        database.sql("".join(_script(name) for name in ("empty", f"{version}_lists")))
        return database

    @property
    def ids(self) -> str:
        """The table of identifiers."""
        return "g2p_reg_id" if self.version == "openspp17" else "spp_registry_id"

    @property
    def memberships(self) -> str:
        """The table of memberships."""
        return "g2p_group_membership" if self.version == "openspp17" else "spp_group_membership"

    @property
    def relations(self) -> str:
        """The table of relationships."""
        return "g2p_reg_rel" if self.version == "openspp17" else "spp_registry_relationship"

    @property
    def phones(self) -> str:
        """The table of phone numbers."""
        return "g2p_phone_number" if self.version == "openspp17" else "spp_phone_number"

    def sql(self, statements: str) -> str:
        """Run statements, and return the value that the last one selects."""
        with psycopg.connect(self.cluster.url(self.name), autocommit=True) as connection:
            cursor = connection.execute(statements.encode())
            while cursor.nextset():
                pass
            row = cursor.fetchone() if cursor.description else None
            return str(row[0]) if row else ""

    def insert(self, table: str, **values: object) -> int:
        """Insert a row, and return its id."""
        row = {"write_date": _WRITTEN, **values}
        names, texts = ", ".join(f'"{name}"' for name in row), ", ".join(map(_literal, row.values()))
        return int(self.sql(f"INSERT INTO {table} ({names}) VALUES ({texts}) RETURNING id"))

    def person(self, **values: object) -> int:
        """Insert a person, and return their id."""
        known = {"company_id": 1, "active": True, "is_registrant": True, "is_group": False}
        return self.insert("res_partner", **{**known, **values})

    def group(self, **values: object) -> int:
        """Insert a group, and return its id."""
        return self.person(**{"is_group": True, "name": "Hill", **values})

    def identifier(self, partner: int, value: object, **values: object) -> int:
        """Insert an identifier of the first type."""
        type_ = {"id_type": 1} if self.version == "openspp17" else {"id_type_id": 10}
        return self.insert(self.ids, **{"partner_id": partner, "value": value, **type_, **values})

    def member(self, group: int, individual: int, *roles: int, **values: object) -> int:
        """Insert a membership with the ids of its roles."""
        id_ = self.insert(self.memberships, group=group, individual=individual, **values)
        role = "g2p_group_membership_kind" if self.version == "openspp17" else "spp_vocabulary_code"
        for kind in roles:
            self.sql(f"INSERT INTO {self.memberships}_{role}_rel VALUES ({id_}, {kind})")
        return id_

    def populate(self, households: int) -> None:
        """Fill an OpenSPP 17 with households of five people."""
        self.sql(_script("population").replace(":households", str(households)))

    def source(self, options: Options | None = None, user: str = USER) -> OpenSpp:
        """Return the source that the registry follows."""
        return OpenSpp(self.cluster.url(self.name, user), options or Options())

    def read(
        self, options: Options | None = None, ids: Iterable[int] | None = None, user: str = USER
    ) -> dict[int, SourceRecord]:
        """Return the records by the ids of the registrants."""
        with self.source(options, user).snapshot() as snapshot:
            records = list(snapshot.records(ids))
        assert [record.source_id for record in records] == sorted(record.source_id for record in records)
        return {record.source_id: record for record in records}

    def fields(self, partner: int, options: Options | None = None) -> dict[str, Any]:
        """Return the fields of a registrant's record, without its id and its stamp."""
        record = self.read(options)[partner].record
        return record.model_dump(mode="json", exclude_unset=True, exclude={"id", "last_updated"})


def create_templates(cluster: Cluster) -> None:
    """Create a database of each version to be copied, and one to be shared."""
    for version in ("openspp17", "openspp2"):
        cluster.query(f"CREATE DATABASE {version}")
        cluster.query(_script(version) + _script(f"{version}_lists"), version)
        cluster.query(f"CREATE DATABASE {version}_shared TEMPLATE {version}")


def warned(record: SourceRecord) -> list[str]:
    """Return the fields of a record's warnings."""
    return [warning.field for warning in record.warnings]


def _script(name: str) -> str:
    return (SCHEMAS / f"{name}.sql").read_text(encoding="utf-8")


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, bool | int | float) else "'" + str(value).replace("'", "''") + "'"
