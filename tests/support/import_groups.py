"""People of ten groups and a crowd, and imports whose client of DynamoDB is disturbed."""

from __future__ import annotations

from pathlib import Path

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.importer import command
from dci_cli.registry.importer.target import Target
from dci_common.registry.model.records import Group, Membership, Name, Person
from support.registry_harness import Client, Registry
from support.retry_pauses import NO_PAUSES

PEOPLE = [Person(id=f"p{number:03}", name=Name(given_name="P")) for number in range(40)]
GROUPS = [Group(id=f"g{number}") for number in range(10)]
CROWD = Group(id="crowd")
IN_GROUPS = [
    Membership(person_id=person.id, group_id=f"g{number // 4}", start="2020-01-01")
    for number, person in enumerate(PEOPLE)
]


def disturbed(registry: Registry) -> tuple[OperatorRuntime, Client]:
    """Return an operator's runtime, and its client to be disturbed."""
    runtime = OperatorRuntime(registry.runtime.settings, retry=NO_PAUSES)
    client = Client(registry.operator.dynamodb)
    vars(runtime)["dynamodb"] = client
    return runtime, client


def load(runtime: OperatorRuntime, *paths: Path) -> int:
    """Import files with a runtime."""
    return command.load(paths, Target.read(runtime, None))
