"""What a service on PostgreSQL would do in place of an import: check each record, and COPY it. Prints CPU seconds.

python copy_import.py FILE FOLDER_OF_THE_SOCKET
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

from memory import cpu_seconds

from dci_cli.registry.importer.file_reader import relaxed_gc
from dci_cli.registry.support.json_lines import read_line
from dci_cli.registry.support.plausibility import latest_today
from dci_common.registry.model import normalize
from dci_common.registry.model.records import Membership, Person

psycopg: Any = import_module("psycopg")  # of .venv-peers, and so without types here
_TABLES = ("people", "groups", "identifiers", "memberships")


def copy(path: Path, folder: str) -> None:
    """Check the records of a file, and copy them as JSON, with their identifiers and memberships."""
    today = latest_today()
    with ExitStack() as stack:
        people, groups, identifiers, memberships = (
            stack.enter_context(_connected(stack, folder).copy(f"COPY {table} FROM STDIN")) for table in _TABLES
        )
        with path.open("rb") as file:
            for line in file:
                record = read_line(line, today)
                body = record.model_dump_json(exclude_unset=True)
                if isinstance(record, Membership):
                    memberships.write_row((record.group_id, record.person_id, body))
                    continue
                (people if isinstance(record, Person) else groups).write_row((record.id, body))
                for one in record.identifiers:
                    type_ = normalize.identifier_type(one.identifier_type)
                    identifiers.write_row((type_, normalize.identifier(one.identifier_value), record.id))


def _connected(stack: ExitStack, folder: str) -> Any:  # noqa: ANN401 - a cursor
    connection: Any = stack.enter_context(psycopg.connect(host=folder, user="dci", dbname="postgres"))
    return stack.enter_context(connection.cursor())


if __name__ == "__main__":
    with relaxed_gc():
        copy(Path(sys.argv[1]), sys.argv[2])
    print(cpu_seconds())
