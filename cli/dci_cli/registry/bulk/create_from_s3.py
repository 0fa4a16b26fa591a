"""`dci registry create-from-s3`: create a new table of any size from files, by DynamoDB's import from S3.

The files are staged as by `dci registry import`, written to the bucket in DynamoDB's own format, and imported into a
table with the keys and indexes of the template. The deployment then gets the new table's name as a parameter.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.aws import dynamodb_client, s3_client
from dci_cli.command_error import CommandError
from dci_cli.installation import TEMPLATE
from dci_cli.registry.bulk import table_import
from dci_cli.registry.bulk.s3_files import S3Prefix, check_empty, upload
from dci_cli.registry.files.file_options import FileOptions, read_file_options
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.command import add_files
from dci_cli.registry.importer.dangling import reject_dangling
from dci_cli.registry.importer.file_reader import relaxed_gc, stage_files
from dci_cli.registry.importer.id_key import IdKey
from dci_cli.registry.importer.record_items import items_of
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.importer.target import shards_for
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.registry_table import registry_command
from dci_cli.template import read_template
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.stamp import moment
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import settings_item
from dci_common.timestamps import day

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_UNFINISHED = (
    "No table was created. Delete the files that were written (aws s3 rm --recursive {prefix}), then run the same "
    "command again."
)
_UNWATCHED = """
The import continues without this command. Wait until it has ended, then protect the table, and turn on its stream:
aws dynamodb describe-import --import-arn {arn}
aws dynamodb update-table --table-name {table} --deletion-protection-enabled
aws dynamodb update-continuous-backups --table-name {table} \\
  --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true
aws dynamodb update-table --table-name {table} \\
  --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"""


@dataclass(frozen=True, slots=True)
class Aws:
    """The clients of AWS, and how to wait for it."""

    dynamodb: DynamoDBClient
    s3: S3Client
    sleep: Callable[[float], None] = time.sleep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_files(parser)
    parser.add_argument("--bucket", required=True, metavar="NAME", help="the S3 bucket for the files of the import")
    parser.add_argument(
        "--prefix", metavar="KEY", help="how the keys of these files begin (default: the new table's name)"
    )
    parser.add_argument("--new-table", required=True, metavar="NAME", help="the table to create")
    parser.add_argument(
        "--kms-key",
        metavar="ARN",
        help="the KMS key for the table and the files: the deployment's KmsKeyArn, if it has one",
    )
    parser.add_argument(
        "--template",
        type=Path,
        default=TEMPLATE,
        metavar="FILE",
        help="the template that defines the table (default: template.yaml)",
    )


@registry_command
def run(options: argparse.Namespace) -> int:
    """Create the table; return 0, or 1 when rows were rejected. Raises CommandError."""
    return create(Aws(dynamodb_client(), s3_client()), options)


def create(aws: Aws, options: argparse.Namespace) -> int:
    """Create the table with these clients; return 0, or 1 when rows were rejected. Raises CommandError."""
    file_options = read_file_options(options)
    table, paths = options.new_table, list(dict.fromkeys(options.files))
    definition = read_template(options.template).tables.get("RegistryTable")
    if definition is None:
        raise CommandError(f"The template {options.template} has no table RegistryTable.")
    if table_import.exists(aws.dynamodb, table):
        raise CommandError(f"The table {table} already exists: choose another --new-table.")
    prefix = S3Prefix(options.bucket, f"{(options.prefix or table).strip('/')}/", options.kms_key)
    check_empty(aws.s3, prefix)
    with (
        interruptible(lambda: _UNFINISHED.format(prefix=prefix)),
        relaxed_gc(),
        Rejects(map(str, paths)) as rejects,
        closing(Staging()) as staging,
    ):
        id_key = IdKey()
        stage(paths, staging, rejects, replace(file_options, id_key=id_key))
        items = upload_staged(
            aws.s3, staging, prefix, shards=options.shards, country=options.country, id_key=id_key.value
        )
    _import(aws, table, definition, prefix, items)
    print(f"The table {table} is complete: deploy with the parameter RegistryTableName={table}.")
    print(f"Delete the files, which contain personal data: aws s3 rm --recursive {prefix}")
    for line in rejects.summary():
        print(line)
    return 1 if rejects.total else 0


def stage(paths: list[Path], staging: Staging, rejects: Rejects, file_options: FileOptions | None = None) -> None:
    """Stage the files, and reject the memberships of people and groups that are not in them."""
    stage_files(paths, staging, rejects, file_options)
    reject_dangling(staging, rejects)


def upload_staged(
    s3: S3Client,
    staging: Staging,
    prefix: S3Prefix,
    *,
    shards: int | None = None,
    country: str | None = None,
    id_key: str = "",
) -> int:
    """Write all staged records to S3, and return the number of items. Raises CommandError without staged records."""
    counts = staging.counts
    if not counts.people + counts.groups:
        raise CommandError("The files contain no records, so no table is created.")
    catalogue = SOCIAL_CATALOGUE.with_country(country or "")
    now = time.time()
    indexing = Indexing(catalogue, shards or shards_for(counts.people), day(now))
    with Progress("Uploading", "records", counts.people + counts.groups) as progress:
        items = upload(s3, prefix, _items(staging, indexing, id_key, moment(now), progress.advance))
    staged = f"{counts.people:,} people, {counts.groups:,} groups, {counts.memberships:,} memberships"
    print(f"{staged}: {items:,} items in {prefix}", flush=True)
    return items


def _items(
    staging: Staging, indexing: Indexing, id_key: str, now: str, advance: Callable[[int], None]
) -> Iterator[Item]:
    for kind, view in staging.views(now):
        yield from items_of(kind, view, indexing)
        advance(1)
    country = indexing.catalogue.rules.country
    yield settings_item(indexing.shards, *staging.identifier_types(), country, id_key)


def _import(aws: Aws, table: str, definition: dict[str, Any], prefix: S3Prefix, items: int) -> None:
    arn = table_import.start(aws.dynamodb, table, definition, prefix)
    try:
        with Progress("Importing", "items", items) as progress:
            table_import.wait(aws.dynamodb, arn, items, progress.advance, aws.sleep)
            table_import.protect(aws.dynamodb, table, aws.sleep)
            table_import.turn_on_stream(aws.dynamodb, table, definition, aws.sleep)
    except (KeyboardInterrupt, BotoCoreError, ClientError):
        print(_UNWATCHED.format(arn=arn, table=table), file=sys.stderr)
        raise
