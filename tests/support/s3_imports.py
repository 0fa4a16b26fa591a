"""Imports of files in S3: the bucket, the options of the command, and a clock that does not wait."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dci_cli.registry.bulk.create_from_s3 import add_arguments
from dci_cli.template import read_template
from support.events import ROOT

BUCKET = "dci-imports"
OWN_KEY = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


class Sleeps(list[float]):
    """Sleeps no time, and remembers how long it was asked to."""

    def __call__(self, seconds: float) -> None:
        """Sleep."""
        self.append(seconds)


def options(*arguments: str | Path) -> argparse.Namespace:
    """Return the options of `dci registry create-from-s3`."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(argument) for argument in ("--bucket", BUCKET, *arguments)])


def keys_in(s3: Any) -> list[str]:
    """Return the keys of the bucket."""
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def template_table() -> dict[str, Any]:
    """Return the registry's table as the template has it."""
    return read_template(ROOT / "template.yaml").tables["RegistryTable"]
