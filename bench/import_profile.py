"""Where the CPU time of an import goes: `.venv/bin/python bench/import_profile.py`.

Each step runs by itself in one process, over the same people, and the fastest of its rounds counts, which other
processes of the machine disturb least. The floor is what compiled code takes of the same steps, called directly: to
read and write JSON, to validate, and to hash what is signed.
"""

from __future__ import annotations

import gc
import hashlib
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from dci_cli.parallel import chunks
from dci_cli.registry.bulk import generate
from dci_cli.registry.importer.file_reader import relaxed_gc
from dci_cli.registry.importer.record_items import items_of
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.support.batch_writer import BATCH
from dci_cli.registry.support.json_lines import parse_line
from dci_cli.registry.support.record_check import check_record
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.records import SMALL, AnyRecord
from dci_common.registry.storage.facets import Indexing

_HOUSEHOLDS, _ROUNDS = 300, 9
_TODAY, _NOW = date(2026, 3, 1), "2026-03-01T09:30:00Z"


def main() -> None:
    """Print the microseconds of CPU a person of each step, and of the floor."""
    with tempfile.TemporaryDirectory() as scratch, closing(Staging()) as staging, relaxed_gc():
        path = Path(scratch) / "people.jsonl"
        with path.open("w", encoding="utf-8") as file:
            people = generate.write(file, _HOUSEHOLDS, seed=1)["person"]
        lines = path.read_bytes().splitlines()
        steps = _steps(lines, staging)
        gc.freeze()  # an import does not hold all people at once
        for step, work in steps:
            print(f"{step:<50} {min(_microseconds(work) for _ in range(_ROUNDS)) / people:>8.1f}", flush=True)


def _steps(lines: list[bytes], staging: Staging) -> list[tuple[str, Callable[[], object]]]:
    """Return each step with what it does; the records are staged on the way."""
    parsed = [parse_line(line) for line in lines]
    records = [_record(line) for line in lines]
    _stage(staging, records)
    views = list(staging.views(_NOW))
    indexing = Indexing(SOCIAL_CATALOGUE, 4, _TODAY)
    items = [item for kind, view in views for item in items_of(kind, view, indexing)]
    requests = [[{"PutRequest": {"Item": item}} for item in chunk] for chunk in chunks(items, BATCH)]
    bodies = [to_json(request) for request in requests]
    return [
        ("lines are parsed", lambda: [parse_line(line) for line in lines]),
        ("values are checked, records validated", lambda: [_checked(model, fields) for _, model, fields in parsed]),
        ("records are staged", lambda: _staged_anew(records)),
        ("views are built", lambda: sum(1 for _ in staging.views(_NOW))),
        ("items are built", lambda: [list(items_of(kind, view, indexing)) for kind, view in views]),
        ("requests are written as JSON, and hashed", lambda: [_hash(to_json(request)) for request in requests]),
        ("floor: lines are parsed", lambda: [from_json(line) for line in lines]),
        ("floor: records are validated", lambda: [_valid(model, fields) for _, model, fields in parsed]),
        ("floor: records and bodies are written as JSON", lambda: [*map(_json, records), *map(to_json, views)]),
        ("floor: requests are written as JSON, and hashed", lambda: [*map(to_json, requests), *map(_hash, bodies)]),
    ]


def _record(line: bytes) -> AnyRecord:
    _, model, fields = parse_line(line)
    record = _checked(model, fields)
    assert record  # noqa: S101 - a generated record has no faults
    return record


def _checked(model: type[AnyRecord], fields: dict[str, Any]) -> AnyRecord | None:
    return check_record(model, fields, _TODAY, size=1_000).record


def _valid(model: type[AnyRecord], fields: dict[str, Any]) -> AnyRecord:
    return model.model_validate(fields, context=SMALL)


def _json(record: AnyRecord) -> bytes:
    return record.__pydantic_serializer__.to_json(record, exclude_unset=True)


def _hash(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def _staged_anew(records: list[AnyRecord]) -> None:
    with closing(Staging()) as staging:
        _stage(staging, records)


def _stage(staging: Staging, records: list[AnyRecord]) -> None:
    for line, record in enumerate(records):
        staging.add(record, "people.jsonl", line)


def _microseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1_000_000 * (time.process_time() - began)


if __name__ == "__main__":
    main()
