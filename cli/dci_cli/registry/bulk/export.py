"""`dci registry export`: write the registry as canonical JSON Lines.

People and groups come first, then the memberships; an import of the file creates the same registry. Memory use is
constant, since the memberships are kept in a temporary file. If there are writers meanwhile, each record is exported
as it was when it was read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.json_lines import write_line
from dci_cli.registry.support.output_file import add_output, open_output
from dci_cli.registry.support.registry_table import (
    IS_RECORD,
    UNLIMITED,
    add_table,
    pages,
    registry_command,
    runtime_of,
)
from dci_common.aws.dynamodb import Item
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import own_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.items import body_view
from dci_common.registry.storage.store import RegistryStore

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

_EXPORTED: dict[str, Any] = {
    "FilterExpression": f"{IS_RECORD} OR (begins_with(pk, :person) AND begins_with(sk, :group))",
    "ExpressionAttributeValues": {
        ":person": {"S": keys.record_pk(Kind.PERSON, "")},
        ":group": {"S": keys.record_pk(Kind.GROUP, "")},
    },
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_table(parser)
    add_output(parser)


@registry_command
def run(options: argparse.Namespace) -> int:
    """Write every record. Raises CommandError."""
    lines = export(runtime_of(options))
    with (
        interruptible("The output is not complete: run the same command again."),
        open_output(options.output) as file,
    ):
        file.writelines(lines)
    return 0


def export(runtime: OperatorRuntime) -> Iterator[str]:
    """Yield the registry's canonical JSON Lines, each with its newline."""
    store = RegistryStore(runtime)
    store.settings()  # raises for a table without a registry
    with tempfile.TemporaryFile("w+", encoding="utf-8") as memberships:
        for page in pages(runtime, **_EXPORTED):
            for item in page["Items"]:
                if item["sk"]["S"] == keys.RECORD:
                    yield from _record_line(store, item)
                else:
                    memberships.write(write_line("membership", json.loads(item["body"]["S"])))
        memberships.seek(0)
        yield from memberships


def _record_line(store: RegistryStore, item: Item) -> Iterator[str]:
    kind, _, record_id = item["pk"]["S"].partition("#")
    if "body" in item:
        yield write_line(kind.lower(), own_fields(body_view(item, [])))
        return
    for stored in store.records(Kind(kind), [record_id], Budget(UNLIMITED)).values():
        yield write_line(kind.lower(), own_fields(stored.view))
