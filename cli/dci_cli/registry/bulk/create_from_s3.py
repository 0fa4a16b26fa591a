"""`dci registry create-from-s3`: make a new table of any size out of files, by DynamoDB's import from S3.

The files are staged as an import does it, written to the bucket in DynamoDB's own format, and imported into a table
with the template's keys and indexes; then the deployment is pointed at it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_cli.installation import TEMPLATE
from dci_cli.registry.bulk import table_import
from dci_cli.registry.bulk.s3_files import Place, check_free, upload
from dci_cli.registry.importer.changer import known_strays
from dci_cli.registry.importer.command import add_files
from dci_cli.registry.importer.file_reader import stage_files
from dci_cli.registry.importer.record_items import items_of
from dci_cli.registry.importer.rejects import Rejects
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.importer.target import shards_for
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.relaxed_gc import seldom_collected
from dci_cli.template import read_template
from dci_common.aws.dynamodb import Item
from dci_common.registry.storage.items import settings_item
from dci_common.timestamps import day

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_UNWATCHED = """
The import goes on without this command. See how it ends, then protect the table:
aws dynamodb describe-import --import-arn {arn}
aws dynamodb update-table --table-name {table} --deletion-protection-enabled
aws dynamodb update-continuous-backups --table-name {table} \\
  --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"""


@dataclass(frozen=True, slots=True)
class Aws:
    """AWS, and the patience that it takes."""

    dynamodb: DynamoDBClient
    s3: S3Client
    sleep: Callable[[float], None] = time.sleep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_files(parser)
    parser.add_argument("--bucket", required=True, help="where the import's files are written")
    parser.add_argument("--prefix", help="what their keys begin with (default: the table's name)")
    parser.add_argument("--new-table", required=True, metavar="NAME", help="the table to make")
    parser.add_argument(
        "--template", type=Path, default=TEMPLATE, metavar="FILE", help="what defines it (default: template.yaml)"
    )


def run(options: argparse.Namespace) -> int:
    """Make the table: 0 when it holds all of the files, 1 when rows were rejected. Raises CommandError."""
    return create(Aws(boto3.client("dynamodb"), boto3.client("s3")), options)


def create(aws: Aws, options: argparse.Namespace) -> int:
    """Do the same with this AWS."""
    table, paths = options.new_table, list(dict.fromkeys(options.files))
    definition = read_template(options.template).tables.get("RegistryTable")
    if definition is None:
        raise CommandError(f"The template {options.template} has no table RegistryTable.")
    if table_import.exists(aws.dynamodb, table):
        raise CommandError(f"The table {table} exists already: choose another --new-table.")
    place = Place(options.bucket, f"{(options.prefix or table).strip('/')}/")
    check_free(aws.s3, place)
    with seldom_collected(), Rejects(map(str, paths)) as rejects, closing(Staging()) as staging:
        stage(paths, staging, rejects)
        items = upload_staged(aws.s3, staging, place, options.shards)
    _import(aws, table, definition, place, items)
    print(f"The table {table} holds the registry: deploy with the parameter RegistryTableName={table}.")
    print(f"The files hold personal data and are needed no more: aws s3 rm --recursive {place}")
    for line in rejects.summary():
        print(line)
    return 1 if rejects.total else 0


def stage(paths: list[Path], staging: Staging, rejects: Rejects) -> None:
    """Read the files, and reject what does not belong to a whole registry."""
    stage_files(paths, staging, rejects)
    with ThreadPoolExecutor(1) as pool:
        for _ in known_strays(staging, None, rejects, pool):
            pass  # a table to be made knows none: all of them are rejected


def upload_staged(s3: S3Client, staging: Staging, place: Place, shards: int | None) -> int:
    """Write all that is staged to S3, and return how many items that is."""
    counts = staging.counts
    if not counts.people + counts.groups:
        raise CommandError("The files hold no record, so no table is made.")
    progress = Progress("Uploading", "records", counts.people + counts.groups)
    items = upload(
        s3, place, _items(staging, shards or shards_for(counts.people), day(time.time()), progress.advance)
    )
    progress.finish()
    staged = f"{counts.people:,} people, {counts.groups:,} groups, {counts.memberships:,} memberships"
    print(f"{staged}: {items:,} items in {place}", flush=True)
    return items


def _items(staging: Staging, shards: int, today: date, advance: Callable[[int], None]) -> Iterator[Item]:
    for kind, view in staging.views():
        yield from items_of(kind, view, shards, today)
        advance(1)
    yield settings_item(shards, staging.identifier_types())


def _import(aws: Aws, table: str, definition: dict[str, Any], place: Place, items: int) -> None:
    arn = table_import.start(aws.dynamodb, table, definition, place)
    progress = Progress("Importing", "items", items)
    try:
        table_import.wait(aws.dynamodb, arn, items, progress.advance, aws.sleep)
        table_import.protect(aws.dynamodb, table, aws.sleep)
    except (KeyboardInterrupt, BotoCoreError, ClientError):
        print(_UNWATCHED.format(arn=arn, table=table), file=sys.stderr)
        raise
    progress.finish()
