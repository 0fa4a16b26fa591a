"""Items in DynamoDB's import format: gzip files in S3 with an `{"Item": {...}}` on each line."""

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

from dci_cli.aws import aws_problem
from dci_cli.command_error import CommandError
from dci_common.aws.dynamodb import Item

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILE_BYTES = 512 * 1024 * 1024  # before compression; an import accepts 50,000 files, and reads several at once
_COMPRESSION = 3  # an import is billed by its uncompressed size
_BUFFER = 1024 * 1024
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class S3Prefix:
    """The objects of a bucket whose keys begin with `key`, encrypted with `kms_key` or as the bucket says."""

    bucket: str
    key: str
    kms_key: str | None = None

    @property
    def encryption(self) -> dict[str, str]:
        """The arguments of an upload."""
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key} if self.kms_key else {}

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def check_empty(s3: S3Client, prefix: S3Prefix) -> None:
    """Raise CommandError when there are objects, which would be imported too, or the bucket cannot be used."""
    try:
        found = s3.list_objects_v2(Bucket=prefix.bucket, Prefix=prefix.key, MaxKeys=1)
    except ClientError as error:
        raise CommandError(f"The bucket {prefix.bucket} cannot be used. {aws_problem(error)}") from error
    if found["KeyCount"]:
        raise CommandError(
            f"{prefix} already contains files, which would be imported too: delete them, or give another --prefix."
        )


def upload(s3: S3Client, prefix: S3Prefix, items: Iterable[Item], *, file_bytes: int = FILE_BYTES) -> int:
    """Write items to `00001.json.gz` and so on, and return their number.

    A file is full at `file_bytes` before compression. Only one file at a time is on disk.
    """
    remaining, written = iter(items), 0
    for number in count(1):
        with tempfile.TemporaryFile() as file:
            filled = _fill(file, remaining, file_bytes)
            if not filled:
                break
            file.seek(0)
            # With one thread only one part is in memory.
            key = f"{prefix.key}{number:05}.json.gz"
            config = TransferConfig(use_threads=False)
            s3.upload_fileobj(file, prefix.bucket, key, ExtraArgs=prefix.encryption, Config=config)
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
