"""Items in DynamoDB's import format: gzip files of one `{"Item": {...}}` a line, in S3."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import IO, TYPE_CHECKING

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from dci_cli.command_error import CommandError
from dci_common.aws.dynamodb import Item

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILE_BYTES = 512 * 1024 * 1024  # before compression; an import takes 50,000 files, several at once
_COMPRESSION = 3  # an import is billed for what it unpacks
_BUFFER = 1024 * 1024
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Place:
    """All objects of a bucket whose keys begin with `prefix`."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def check_free(s3: S3Client, place: Place) -> None:
    """Make sure that nothing else would be imported from this place. Raises CommandError."""
    try:
        found = s3.list_objects_v2(Bucket=place.bucket, Prefix=place.prefix, MaxKeys=1)
    except ClientError as error:
        raise CommandError(f"The bucket {place.bucket} can not be used: {error}") from error
    if found["KeyCount"]:
        raise CommandError(
            f"{place} holds files already, which would be imported too: remove them, or give another --prefix."
        )


def upload(s3: S3Client, place: Place, items: Iterable[Item], *, file_bytes: int = FILE_BYTES) -> int:
    """Write items to `00001.json.gz` and so on, and return how many there were.

    A file is full when it holds `file_bytes` of them. One at a time waits on the disk, however many items there are.
    """
    left, written = iter(items), 0
    for number in count(1):
        with tempfile.TemporaryFile() as file:
            filled = _fill(file, left, file_bytes)
            if not filled:
                break
            file.seek(0)
            # One thread: the parts of many would stand in memory together.
            key = f"{place.prefix}{number:05}.json.gz"
            s3.upload_fileobj(file, place.bucket, key, Config=TransferConfig(use_threads=False))
        written += filled
    return written


def _fill(file: IO[bytes], items: Iterator[Item], file_bytes: int) -> int:
    size = written = 0
    with (
        gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_COMPRESSION, filename="", mtime=0) as packed,
        io.BufferedWriter(packed, _BUFFER) as out,
    ):
        for item in items:
            line = _encode({"Item": item}).encode() + b"\n"
            out.write(line)
            size += len(line)
            written += 1
            if size >= file_bytes:
                break
    return written
