"""`dci registry explain`: show how a search would be run, and what it costs.

The file holds a `search_criteria` object, as a partner sends it. It is run once, as for a client that sees
everything but restricted people.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dci_cli.command_error import CommandError
from dci_cli.registry.inspect.read_meter import Cost, metered
from dci_cli.registry.support.table import add_table, runtime_of
from dci_cli.registry.support.table_pages import UNLIMITED
from dci_common.errors import Rejection
from dci_common.registries.social.record_types import resolve
from dci_common.registry.catalogue.catalogue import ATTRIBUTES, COMPOSITES, RECORD_SLOT, Catalogue
from dci_common.registry.catalogue.disclosure import FULL
from dci_common.registry.execute.engine import Plan, Scope, SearchEngine, Window
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.filter import Filter
from dci_common.registry.plan.planner import Range
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.parser import parse, parse_sort
from dci_common.registry.query.sort import SortKey
from dci_common.registry.query.tree import Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistrySettings, RegistryStore
from dci_common.spdci.envelope import Pagination, SearchCriteria
from dci_common.timestamps import day
from dci_common.validation import describe

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_ESTIMATES = {
    1: "one place, and a part of it",
    2: "one value or several",
    3: "values that begin alike",
    4: "values between two",
    5: "values to one side of one",
}
_PAGE = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the query's file, and `--json`."""
    add_table(parser)
    parser.add_argument("query", type=Path, metavar="QUERY.json", help="a file with a search_criteria object")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print the plan and what it cost. Raises CommandError."""
    runtime = runtime_of(options)
    try:
        shown = _explain(runtime, _read(options.query))
    except Rejection as rejection:
        raise CommandError(f"This would be rejected ({rejection.code}): {rejection.message}") from rejection
    print(json.dumps(shown, indent=2, ensure_ascii=False) if options.json else "\n".join(_readable(shown)))
    return 0


def _read(path: Path) -> SearchCriteria:
    try:
        return SearchCriteria.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} can not be read: {error.strerror}.") from error
    except ValidationError as error:
        raise CommandError(f"{path} is no search_criteria: {describe(error, 'It')}") from error


def _explain(runtime: Runtime, criteria: SearchCriteria) -> dict[str, Any]:
    store = RegistryStore(runtime)
    settings, engine, budget = store.settings(), SearchEngine(store), Budget(UNLIMITED)
    query, sort = _query(criteria, settings, runtime)
    scope, page = Scope(settings.shards), criteria.pagination or Pagination(page_size=_PAGE)
    if page.cursor:
        raise CommandError(
            "A cursor can only be opened by the search that sealed it: send a page_number, or leave it out."
        )
    plan = engine.plan(query, scope, budget)
    with metered(runtime) as calls:
        found = engine.search(
            query, scope, Window(((page.page_number or 1) - 1) * page.page_size, page.page_size, sort), budget
        )
    cost = Cost.of(calls)
    return {
        "kind": query.kind.lower(),
        "path": {
            "ids": len(plan.path.ids),
            "ranges": [_range(range_, query.kind) for range_ in plan.path.ranges],
        },
        "partitions": [*plan.partitions.decided, *plan.partitions.undecided] if plan.path.ranges else [],
        "filter": _filter(plan, query.kind),
        "entries_examined": cost.entries,
        "items_read": cost.items,
        "matched": found.total,
        "read_units": cost.units,
        "calls": cost.calls,
        "serial_round_trips": cost.in_a_row,
    }


def _query(
    criteria: SearchCriteria, settings: RegistrySettings, runtime: Runtime
) -> tuple[Query, tuple[SortKey, ...]]:
    _, record_type = resolve(criteria, openspp17_client=False)
    today = day(runtime.clock())
    conditions = Conditions(Catalogue(settings.identifier_types), record_type.kind, FULL, today)
    tree = parse(criteria.query_type, criteria.query, conditions)
    return Query(record_type.kind, tree, today), parse_sort(criteria.sort, conditions)


def _range(range_: Range, kind: Kind) -> dict[str, Any]:
    return {
        "slot": range_.slot,
        "attributes": _attributes(range_.slot, kind),
        "spans": [[span.low, span.high] for span in range_.spans],
        "estimate": _ESTIMATES.get(range_.cost, "all records"),
    }


def _attributes(slot: str, kind: Kind) -> list[str]:
    """Return what a slot is made of; nothing for the one in which every record is."""
    composite, *parts = COMPOSITES[kind]
    if slot == composite:
        return [attribute.name for attribute in parts]
    return [attribute.name for attribute in ATTRIBUTES if attribute.slots.get(kind) == slot]


def _filter(plan: Plan, kind: Kind) -> dict[str, Any] | None:
    """Return what the indexes do not prove, as DynamoDB is asked it; the expression is None where we check it."""
    if plan.rest is None or not plan.path.ranges:
        return None
    filter_ = Filter(plan.rest, kind)
    return {"expression": filter_.expression, "names": filter_.names, "values": filter_.values}


def _readable(shown: dict[str, Any]) -> Iterator[str]:
    yield _row("searches", f"{shown['kind']} records")
    if shown["path"]["ids"] or not shown["path"]["ranges"]:
        yield _row("by id", f"{shown['path']['ids']} found by lookups")
    for range_ in shown["path"]["ranges"]:
        of = ", ".join(range_["attributes"]) or ("every record" if range_["slot"] == RECORD_SLOT else "")
        yield _row("by index", f"{range_['slot']} ({of}), {range_['estimate']}")
        yield from (_row("", f"{_bound(low)} to {_bound(high)}") for low, high in range_["spans"])
    if shown["partitions"]:
        yield _row("partitions", ", ".join(shown["partitions"]))
    yield from _filter_rows(shown["filter"])
    for name in ("entries_examined", "items_read", "matched", "read_units", "calls", "serial_round_trips"):
        yield _row(name.replace("_", " "), f"{shown[name]:,}")


def _filter_rows(filter_: dict[str, Any] | None) -> Iterator[str]:
    if filter_ is None:
        yield _row("filter", "none")
    elif filter_["expression"] is None:
        yield _row("filter", "in Python: it is too long for DynamoDB")
    else:
        yield _row("filter", filter_["expression"])
        yield from (_row("", f"{name} is {value['S']}") for name, value in filter_["values"].items())


def _row(name: str, text: str) -> str:
    return f"{name:<20}{text}"


def _bound(text: str) -> str:
    """Write the bound of a span so that it can be read: it may be open."""
    return json.dumps(text.replace("\U0010ffff", "..."), ensure_ascii=False)
