"""`dci registry explain`: show how a search is run, and what it costs.

The file holds a `search_criteria` object, as a partner sends it. It is run once, as for a client that sees
everything except restricted people.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dci_cli.command_error import CommandError
from dci_cli.registry.inspect.read_meter import Cost, metered
from dci_cli.registry.support.registry_table import UNLIMITED, add_table, registry_command, runtime_of
from dci_cli.terminal import add_json_option, print_json
from dci_common.clients.model import RECORD_TYPES
from dci_common.exchange.compiled_search import CompiledSearch, compile_search
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import QueryError
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.filter import Filter
from dci_common.registry.plan.ranges import Estimate, Range
from dci_common.registry.plan.search_plan import AccessPlan
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore
from dci_common.spdci.rejections import Rejection, rejection_of
from dci_common.spdci.search_items import Pagination, SearchCriteria
from dci_common.timestamps import day
from dci_common.validation import describe

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_ESTIMATES = {
    Estimate.NOTHING: "nothing",
    Estimate.FEW: "few records",
    Estimate.VALUES: "one value or several",
    Estimate.BETWEEN: "values between two, that begin alike, or that many share",
    Estimate.OPEN: "values to one side of one",
    Estimate.WHOLE: "all records",
}
_PAGE = Pagination(page_size=20)


@dataclass(frozen=True, slots=True)
class _Operator:
    """A client that sees everything except restricted people."""

    client_id: str = ""
    record_types: tuple[str, ...] = RECORD_TYPES
    disclosure: tuple[str, ...] = ("full",)
    restricted: bool = False
    openspp17: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the query's file, and `--json`."""
    add_table(parser)
    parser.add_argument("query", type=Path, metavar="FILE", help="a JSON file with the search_criteria of a search")
    add_json_option(parser)


@registry_command
def run(options: argparse.Namespace) -> int:
    """Print the plan and what it cost. Raises CommandError."""
    runtime = runtime_of(options)
    try:
        shown = _explain(runtime, _read(options.query))
    except (Rejection, QueryError) as error:
        rejection = rejection_of(error)
        raise CommandError(f"This would be rejected ({rejection.code}): {rejection.message}") from error
    if options.json:
        print_json(shown)
    else:
        print("\n".join(_readable(shown)))
    return 0


def _read(path: Path) -> SearchCriteria:
    try:
        return SearchCriteria.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise CommandError(f"{path} is not a search_criteria object: {describe(error, 'It')}") from error


def _explain(runtime: Runtime, criteria: SearchCriteria) -> dict[str, Any]:
    store = RegistryStore(runtime)
    search = _compiled(store, criteria.model_copy(update={"pagination": criteria.pagination or _PAGE}), runtime)
    engine, budget = SearchEngine(store, SOCIAL_CATALOGUE), Budget(UNLIMITED)
    with metered(runtime) as calls:
        found = engine.search(search.query, search.visibility, search.window(), budget)
    access, cost, kind = found.access, Cost.of(calls), search.query.kind
    path, partitions = access.path, access.partitions
    return {
        "kind": kind.lower(),
        "path": {"ids": len(path.ids), "ranges": [_range(range_, kind) for range_ in path.ranges]},
        "partitions": [*partitions.exact, *partitions.unverified] if path.ranges else [],
        "filter": _filter(access),
        "entries_examined": cost.entries,
        "items_read": cost.items,
        "matched": found.total,
        "read_units": cost.units,
        "calls": cost.calls,
        "serial_round_trips": cost.in_a_row,
    }


def _compiled(store: RegistryStore, criteria: SearchCriteria, runtime: Runtime) -> CompiledSearch:
    search = compile_search(criteria, _Operator(), store.settings(), day(runtime.clock()))
    if search.page.cursor:
        raise CommandError(
            "A cursor can only be opened by the search that sealed it: send a page_number, or leave it out."
        )
    return search


def _range(range_: Range, kind: Kind) -> dict[str, Any]:
    return {
        "slot": range_.slot,
        "attributes": [attribute.name for attribute in SOCIAL_CATALOGUE.slot_attributes(kind, range_.slot)],
        "spans": [[span.low, span.high] for span in range_.spans],
        "estimate": _ESTIMATES[range_.estimate],
    }


def _filter(access: AccessPlan) -> dict[str, Any] | None:
    """Return what the indexes do not prove, as sent to DynamoDB; the expression is None where Python checks it."""
    if access.residual is None or not access.path.ranges:
        return None
    filter_ = Filter(access.residual, access.search.query.kind)
    return {"expression": filter_.expression, "names": filter_.names, "values": filter_.values}


def _readable(shown: dict[str, Any]) -> Iterator[str]:
    yield _row("searches", f"{shown['kind']} records")
    if shown["path"]["ids"] or not shown["path"]["ranges"]:
        yield _row("by id", f"{shown['path']['ids']} found by lookups")
    for range_ in shown["path"]["ranges"]:
        of = ", ".join(range_["attributes"]) or (
            "every record" if range_["slot"] == SOCIAL_CATALOGUE.record_slot else ""
        )
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
