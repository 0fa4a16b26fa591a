"""A registry whose searches are audited, and the options that show them."""

from __future__ import annotations

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Identifier, Membership, Person

UIN = Identifier(identifier_type="UIN", identifier_value="55")
POPULATION = Population(
    [
        Person(id="audited-1", birth_date="1990-01-01", identifiers=(UIN,)),
        Person(id="audited-2", birth_date="1991-01-01"),
    ],
    [Group(id="audited-group", poverty_score=1)],
    [Membership(person_id="audited-1", group_id="audited-group")],
)
TABLE = ("--table", "dci-audit", "--until", "2026-03-02")
LONG_AGO = ("--table", "dci-audit", "--day", "2025-01-01")
