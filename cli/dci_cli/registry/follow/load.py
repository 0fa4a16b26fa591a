"""Loads many new records: by the importer's staging, and by its batches of writes.

Only records that the registry does not have are loaded. What the importer rejects, such as an identifier of another
record, is left to the comparison that follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from dci_cli.registry.importer.import_run import ImportRun, Options
from dci_cli.registry.importer.staging import Staging, StagingConflict
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.registry_table import pages
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.checker import PAGE_ITEMS, Checker

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from dci_cli.aws import OperatorRuntime
    from dci_cli.registry.follow.state import State
    from dci_cli.registry.follow.target import Target
    from dci_cli.registry.importer.target import Target as ImportTarget
    from dci_cli.registry.support.operator_audit import OperatorAudit

_SOURCE = "the database"


class Load:
    """Loads the records that the registry does not have, as the scan in the state says, and notes them there."""

    def __init__(self, state: State, pool: ThreadPoolExecutor, audit: OperatorAudit | None, *, quiet: bool) -> None:
        self._state, self._pool = state, pool
        self._options = Options(replace=True, quiet=quiet, audit=audit)

    def run(self, targets: Iterable[Target], total: int, into: ImportTarget) -> None:
        """Stage the new ones of these records with their memberships, and write them."""
        rejects: Any = _Rejects()
        with closing(Staging()) as staging:
            with Progress("Reading", "records", total) as progress:
                for target in targets:
                    self._stage(staging, target, rejects)
                    progress.advance(1)
            ImportRun(staging, rejects, self._pool, into, self._options).run()
        self._state.set_loaded(rejects.source_ids)

    def _stage(self, staging: Staging, target: Target, rejects: _Rejects) -> None:
        is_new = self._state.is_absent(target.kind, target.id)
        if not is_new and self._state.is_foreign(target.kind, target.id):
            return
        try:
            if is_new:
                staging.add(target.record, _SOURCE, target.source_id)
                self._state.add_loaded(target.source_id, (target.kind, target.id), target.digest)
            for one in target.memberships:
                if self._state.is_absent(Kind.PERSON, one.person_id) or (
                    is_new and not self._state.is_foreign(Kind.PERSON, one.person_id)
                ):
                    staging.add(one, _SOURCE, target.source_id)
        except StagingConflict:
            rejects.source_ids.add(target.source_id)


class _Rejects:
    """In place of the rejects of files: which records the importer has not loaded as they are."""

    def __init__(self) -> None:
        self.source_ids: set[int] = set()

    def add(self, _source: str, line: int, *_: object) -> None:
        """Note a record, or one of its memberships: its line is the source's id."""
        self.source_ids.add(line)

    def warn(self, *_: object) -> None:
        """Ignore what is improbable: the source has said so."""


def remove_strays(runtime: OperatorRuntime, checker: Checker) -> int:
    """Delete the items of records that an interrupted load did not write, and return their number.

    An item that was changed meanwhile stays.
    """
    number, table = 0, runtime.settings.registry_table
    for item in checker.dangling(pages(runtime, Limit=PAGE_ITEMS)):
        name = "owner" if "owner" in item else "body"
        with suppress(runtime.dynamodb.exceptions.ConditionalCheckFailedException):
            runtime.dynamodb.delete_item(
                TableName=table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                ConditionExpression="#name = :was",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":was": item[name]},
            )
            number += 1
    return number
