"""A scan of the registry: which records it has, and what each of them follows. No record is read for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dci_cli.registry.support.registry_table import IS_RECORD, pages
from dci_common.registry.model.base import Kind
from dci_common.registry.model.followed import Followed
from dci_common.registry.storage.items import FOLLOWED

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime


def scan_records(runtime: OperatorRuntime) -> Iterator[tuple[Kind, str, Followed | None]]:
    """Yield the kind and id of each record, and what it follows; None for a record of its own.

    A group whose members are still to be updated has no digest, so that it is written again.
    """
    for page in pages(runtime, FilterExpression=IS_RECORD, ProjectionExpression=f"pk, {FOLLOWED}, pending"):
        for item in page["Items"]:
            kind, _, id_ = item["pk"]["S"].partition("#")
            source = Followed.read(item[FOLLOWED]["S"]) if FOLLOWED in item else None
            yield Kind(kind), id_, source._replace(digest="") if source and "pending" in item else source
