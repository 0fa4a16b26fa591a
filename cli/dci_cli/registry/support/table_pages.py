"""Reading the whole registry, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dci_cli.registry.support.progress import Progress
from dci_common.aws import dynamodb

if TYPE_CHECKING:
    from dci_cli.registry.support.table import OperatorRuntime

UNLIMITED = 10**12  # an operator's command reads as much as there is
IS_RECORD = "attribute_exists(facets)"  # holds for the records' own items alone


def pages(runtime: OperatorRuntime, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - Scan's own
    """Scan the table, strongly consistent, and tell how far it is: by what the table held some hours ago."""
    table = runtime.settings.registry_table
    progress = Progress("Reading", "items", runtime.dynamodb.describe_table(TableName=table)["Table"]["ItemCount"])
    for page in dynamodb.pages(runtime.dynamodb.scan, TableName=table, ConsistentRead=True, **request):
        yield page
        progress.advance(page["ScannedCount"])
    progress.finish()
