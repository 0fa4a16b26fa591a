"""What a table holds, read by a client of its own: the functions' client has no Scan."""

from __future__ import annotations

from typing import Any

import boto3

from dci_common.aws.dynamodb import pages


def stored_items(table: str) -> list[dict[str, Any]]:
    """Return every item of a table, as DynamoDB has it."""
    scanned = pages(boto3.client("dynamodb").scan, TableName=table, ConsistentRead=True)
    return [item for page in scanned for item in page["Items"]]


def disclosures(table: str = "dci-audit") -> list[dict[str, Any]]:
    """Return the records of searches in an AuditTable, without those of operators' changes."""
    return [item for item in stored_items(table) if "client_id" in item]
