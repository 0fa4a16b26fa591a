"""The speed and memory of generating a population and writing it to S3: `make bench-registry`.

Each step of each size runs in a process of its own, whose CPU time and peak memory the system measures. S3 is AWS's
client, whose requests are answered in the process and dropped.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from engine import NO_CREDENTIALS
from memory import peak_mib
from moto.core.botocore_stubber import MockRawResponse
from report import Budget, options_of, report

from dci_cli.environment import environment
from dci_cli.registry.bulk.create_from_s3 import stage, upload_staged
from dci_cli.registry.bulk.generate import write
from dci_cli.registry.bulk.s3_files import S3Prefix
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.staging import Staging

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FULL, _QUICK = (100_000, 1_000_000), (8_000, 24_000)  # people
_MAX_GROWTH = 1.3  # times the memory
_PEOPLE_A_HOUSEHOLD = 4.3
_UPLOAD_ID = b"<R><UploadId>1</UploadId><ETag>1</ETag></R>"  # answers every request of a multipart upload


def main() -> int:
    """Measure everything, and return 1 when the larger size takes more than 1.3 times the memory of the smaller."""
    parser = options_of(__doc__, f"{_QUICK[0]:,} and {_QUICK[1]:,} people")
    parser.add_argument("--step", choices=_STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--households", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(_measured(options)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = {
            (step, people): _run(step, Path(folder) / "made.jsonl", round(people / _PEOPLE_A_HOUSEHOLD))
            for people in (_QUICK if options.quick else _FULL)
            for step in _STEPS
        }
    return report(list(_budgets(found)), options.json)


def _budgets(found: dict[tuple[str, int], dict[str, float]]) -> Iterator[Budget]:
    for (step, people), figures in found.items():
        yield Budget(f"{step}, {people:,}, people a CPU second", figures["people"] / figures["seconds"])
        yield Budget(f"{step}, {people:,}, peak memory", figures["peak"], unit="MiB")
    for step in _STEPS:
        small, large = (figures["peak"] for (name, _), figures in found.items() if name == step)
        yield Budget(f"{step}, peak memory, of fewer people's", large / small, _MAX_GROWTH)


def _run(step: str, file: Path, households: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--file", str(file), "--households", str(households)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _measured(options: argparse.Namespace) -> dict[str, float]:
    began = time.process_time()
    people = _STEPS[options.step](options)
    seconds = time.process_time() - began
    return {"people": people, "seconds": seconds, "peak": peak_mib()}


def _generate(options: argparse.Namespace) -> int:
    with options.file.open("w", encoding="utf-8") as file:
        return write(file, options.households, seed=1)["person"]


def _create(options: argparse.Namespace) -> int:
    with closing(Staging()) as staging, Rejects([str(options.file)]) as rejects:
        stage([options.file], staging, rejects)
        upload_staged(_s3(), staging, S3Prefix("nowhere", "nothing/"), shards=None)
        return staging.counts.people


_STEPS = {"generate": _generate, "create-from-s3": _create}


def _s3() -> S3Client:
    with environment(NO_CREDENTIALS):
        s3 = boto3.client("s3")
    answer: Any = _drop  # the stubs have no handler that responds
    s3.meta.events.register("before-send.s3", answer)
    return s3


def _drop(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    body: Any = request.body
    while hasattr(body, "read") and body.read(1024 * 1024):
        pass
    answer = b"" if request.method == "PUT" else _UPLOAD_ID
    return AWSResponse(request.url, 200, HTTPHeaders.from_dict({"ETag": "1"}), MockRawResponse(answer))


if __name__ == "__main__":
    sys.exit(main())
