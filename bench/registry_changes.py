"""The speed of imports into a registry that has records: `make bench-registry`.

A population is loaded into an empty table of DynamoDB Local, then imported again with one record in a hundred
changed. In another table, households have their first member only, and the other memberships are imported. Their
number a second is compared with the people and groups a second of the first load. A membership that joins a household
changes the person, the group, and what its other members show of it; a first load writes each record once.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry_engine import TABLE, running_engine
from report import Budget, options_of, report

from dci_cli.aws import OperatorRuntime
from dci_cli.local.tables import create_tables
from dci_cli.registry.bulk import generate
from dci_cli.registry.importer import command
from dci_cli.registry.importer.target import Target
from dci_cli.registry.support.json_lines import write_line
from dci_common.settings import Settings
from support.registries import tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PRESENT = 1  # memberships of each household that the second table has before
_SMALL = 25  # members of a household; larger groups are loaded whole
_WARM = 60  # households by which the engine warms up
_CHANGED = 100  # one record in as many
Rows = list[tuple[str, dict[str, Any]]]


def main() -> int:
    """Measure everything, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, "far fewer people").parse_args()
    households, crowd = (150, 300) if options.quick else (3_800, 2_000)
    with tempfile.TemporaryDirectory() as scratch, running_engine() as dynamodb:
        budgets = _measure(dynamodb, Path(scratch), households, crowd, is_quick=options.quick)
    return report(budgets, options.json)


def _measure(dynamodb: DynamoDBClient, scratch: Path, households: int, crowd: int, *, is_quick: bool) -> list[Budget]:
    file = scratch / "import.jsonl"
    people, present, missing = _population(households)
    _create_table(dynamodb)
    _seconds(file, [*_population(_WARM)[0], *_population(_WARM)[2]])  # the engine warms up, with writes of both kinds
    _seconds(file, _population(_WARM)[1])
    _create_table(dynamodb)
    loaded = _seconds(file, [*people, *present, *missing])
    refreshed = _seconds(file, [*_changed(people), *present, *missing])
    _create_table(dynamodb)
    _seconds(file, [*people, *present, ("group", {"id": "crowd"})])
    joined = _seconds(file, missing)
    names = [fields["id"] for kind, fields in people if kind == "person"][:crowd]
    crowded = _seconds(file, [("membership", {"person_id": name, "group_id": "crowd"}) for name in names])
    load_rate, join_rate, crowd_rate = len(people) / loaded, len(missing) / joined, len(names) / crowded
    return [
        Budget("first load, people and groups", len(people)),
        Budget("first load, people and groups a second", load_rate),
        Budget("refresh with 1 % changed, of the first load's time", refreshed / loaded, None if is_quick else 0.6),
        Budget("memberships into existing households", len(missing)),
        Budget("memberships a second", join_rate),
        Budget(
            "memberships, of the first load's rate", join_rate / load_rate, None if is_quick else 0.5, at_most=False
        ),
        Budget("memberships into one group", len(names)),
        Budget("memberships into one group, of the first load's rate", crowd_rate / load_rate),
    ]


def _create_table(dynamodb: DynamoDBClient) -> None:
    with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.delete_table(TableName=TABLE)
    create_tables(dynamodb, tables(streams=False), {"RegistryTable": TABLE})


def _population(households: int) -> tuple[Rows, Rows, Rows]:
    """Return people and groups, the memberships that the first import has, and the other ones."""
    text = io.StringIO()
    generate.write(text, households, seed=1)
    rows = [next(iter(json.loads(line).items())) for line in text.getvalue().splitlines()]
    sizes = Counter(fields["group_id"] for kind, fields in rows if kind == "membership")
    seen: Counter[str] = Counter()
    people: Rows = []
    present: Rows = []
    missing: Rows = []
    for kind, fields in rows:
        if kind != "membership":
            people.append((kind, fields))
            continue
        group_id = fields["group_id"]
        seen[group_id] += 1
        is_missing = seen[group_id] > _PRESENT and sizes[group_id] <= _SMALL
        (missing if is_missing else present).append((kind, fields))
    return people, present, missing


def _changed(rows: Rows) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, (kind, fields) in enumerate(rows):
        is_changed = number % _CHANGED == 0
        yield kind, fields | ({"phone_numbers": [f"+1 555 {number:07}"]} if is_changed else {})


def _seconds(file: Path, rows: Iterable[tuple[str, dict[str, Any]]]) -> float:
    """Import rows, and return how long it took."""
    file.write_text("".join(write_line(*row) for row in rows), encoding="utf-8")
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = command.load([file], Target.read(OperatorRuntime(Settings(registry_table=TABLE)), None))
    if status:
        raise SystemExit(out.getvalue())
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
