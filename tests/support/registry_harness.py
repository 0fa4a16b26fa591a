"""A registry that a test writes, looks at as a whole, and disturbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dci_cli.aws import OperatorRuntime
from dci_cli.local.demo import Population
from dci_common.aws.dynamodb import Item, pages
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View, views
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.checker import PAGE_ITEMS, Checker
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import Ref, all_items, membership_items, ref_of
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.registry.write.writer import RegistryWriter
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.registries import TODAY, registry_of
from support.retry_pauses import NO_PAUSES
from support.stored_items import stored_items, tests_client

SHARDS = 2
INDEXING = Indexing(SOCIAL_CATALOGUE, SHARDS, TODAY)


class Crash(Exception):
    """The writer's process ended here."""


class Client:
    """A DynamoDB client that counts transactions, and calls hooks around them and before each batch read."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self.transactions = 0
        self.before: Callable[[int], None] = lambda _number: None
        self.after: Callable[[int], None] = lambda _number: None
        self.reading: Callable[[dict[str, Any]], None] = lambda _request: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def transact_write_items(self, **request: Any) -> Any:
        self.transactions += 1
        number = self.transactions
        self.before(number)
        answer = self._dynamodb.transact_write_items(**request)
        self.after(number)
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        self.reading(request)
        return self._dynamodb.batch_get_item(**request)

    def crash(self, at: int, *, before: bool) -> None:
        """Crash at a transaction, counted from now on: before it reaches DynamoDB, or after it took effect."""
        at += self.transactions

        def crash(number: int) -> None:
            if number == at:
                raise Crash

        if before:
            self.before = crash
        else:
            self.after = crash

    def calm(self) -> None:
        """Take the hooks away."""
        self.before = self.after = lambda _number: None
        self.reading = lambda _request: None


@dataclass
class Registry:
    """A table of its own; the engine must be running."""

    table: str
    runtime: Runtime = field(init=False)  # a function's
    operator: OperatorRuntime = field(init=False)  # a command's

    def __post_init__(self) -> None:
        self.runtime = Runtime(Settings(registry_table=self.table))
        self.operator = OperatorRuntime(self.runtime.settings)
        self.store = RegistryStore(self.runtime)
        self.writer = RegistryWriter(self.runtime, SOCIAL_CATALOGUE)

    def disturbed(self, max_actions: int = 100, *, quiet: bool = False) -> tuple[RegistryWriter, Client]:
        """Return another writer, and its client to be disturbed."""
        runtime = Runtime(self.runtime.settings, retry=NO_PAUSES)
        client = Client(self.runtime.dynamodb)
        vars(runtime)["dynamodb"] = client
        return RegistryWriter(runtime, SOCIAL_CATALOGUE, max_actions=max_actions, quiet=quiet), client

    def put(self, *records: AnyRecord) -> None:
        """Put records, one after the other."""
        for record in records:
            self.writer.put(record)

    def stored(self, kind: Kind, record_id: str) -> Stored | None:
        """Read a record as it stands, whatever of it is unfinished."""
        return self.store.records(kind, [record_id], Budget(10)).get(record_id)

    def view(self, kind: Kind, record_id: str) -> View:
        """Read a record's view."""
        stored = self.stored(kind, record_id)
        assert stored is not None
        return stored.view

    def version(self, kind: Kind, record_id: str) -> int:
        """Read a record's version; 0 when there is none."""
        stored = self.stored(kind, record_id)
        return stored.version if stored else 0

    def items(self) -> dict[Ref, Item]:
        """Read the whole table."""
        return {ref_of(item): item for item in stored_items(self.table)}

    def findings(self) -> list[str]:
        """Check the registry."""
        scanned = pages(tests_client().scan, TableName=self.table, ConsistentRead=True, Limit=PAGE_ITEMS)
        return list(Checker(self.runtime, SOCIAL_CATALOGUE).findings(scanned))

    def views(self) -> dict[tuple[Kind, str], View]:
        """Read every view."""
        ids: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        for pk, sk in self.items():
            kind, _, record_id = pk.partition("#")
            if sk == "RECORD" and kind in ids:
                ids[Kind(kind)].append(record_id)
        return {
            (kind, record_id): stored.view
            for kind, wanted in ids.items()
            for record_id, stored in self.store.records(kind, wanted, Budget(10**6)).items()
        }

    def assert_holds(self, *records: AnyRecord) -> None:
        """Demand that the registry holds just these records, whenever they were changed, and agrees with itself."""
        assert unstamped(self.views()) == unstamped(expected_views(records))
        assert self.findings() == []

    def write(self, items: Iterable[Item]) -> None:
        """Write items, whether or not the rest agrees with them."""
        self._batch({"PutRequest": {"Item": item}} for item in items)

    def remove(self, ref: Ref) -> None:
        """Delete an item, whether or not the rest agrees."""
        self._batch([{"DeleteRequest": {"Key": {"pk": {"S": ref[0]}, "sk": {"S": ref[1]}}}}])

    def clear(self) -> None:
        """Empty the table but for the settings."""
        refs = [ref for ref in self.items() if ref[0] != "REGISTRY"]
        self._batch({"DeleteRequest": {"Key": {"pk": {"S": pk}, "sk": {"S": sk}}}} for pk, sk in refs)

    def _batch(self, requests: Iterable[dict[str, Any]]) -> None:
        wanted = list(requests)
        for start in range(0, len(wanted), 25):
            pending: Any = {self.table: wanted[start : start + 25]}
            while pending:
                pending = self.operator.dynamodb.batch_write_item(RequestItems=pending)["UnprocessedItems"]


def unstamped(content: Any) -> Any:
    """Return views without the stamps of their records (`last_updated`)."""
    if isinstance(content, list):
        return [unstamped(entry) for entry in content]
    if isinstance(content, dict):
        return {name: unstamped(value) for name, value in content.items() if name != "last_updated"}
    return content


def population(records: Iterable[AnyRecord]) -> Population:
    """Group records by their kind."""
    made = Population()
    for record in records:
        match record:
            case Person():
                made.people.append(record)
            case Group():
                made.groups.append(record)
            case Membership():
                made.memberships.append(record)
    return made


def expected_views(records: Iterable[AnyRecord]) -> dict[tuple[Kind, str], View]:
    """Return the views that a registry of these records has, all built at once."""
    made = population(records)
    return {(kind, view["id"]): view for kind, view in views(made.people, made.groups, made.memberships)}


def items_of(records: Iterable[AnyRecord], indexing: Indexing = INDEXING) -> Iterator[Item]:
    """Build the items of a registry of these records, but for its settings."""
    for (kind, _), view in expected_views(records).items():
        yield from all_items(indexing, kind, view)
    for membership in population(records).memberships:
        yield from membership_items(membership)


@contextmanager
def registry_with(*records: AnyRecord) -> Iterator[Registry]:
    """Load records into a table of its own; the engine must be running."""
    with registry_of(population(records), SHARDS) as table:
        yield Registry(table)
