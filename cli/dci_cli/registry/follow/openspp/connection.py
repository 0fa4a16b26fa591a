"""The connection to OpenSPP's database: it only reads, in one transaction, and no error shows its address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp.refusal import refusal_of
from dci_cli.registry.follow.source import SourceUnavailable

if TYPE_CHECKING:
    import psycopg

Row = dict[str, Any]
Parameters = Mapping[str, object]

_FETCHED_ROWS = 1000
# Unless the address says otherwise: without them, a pass waits for hours for a server whose network is gone.
_TIMEOUTS = {
    "connect_timeout": 15,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 6,
    "tcp_user_timeout": 90_000,
}
_MISSING = (
    "psycopg, by which PostgreSQL is read, is not installed. In a checkout, run make openspp; elsewhere, "
    "pip install 'dci-api-server[openspp]'."
)
_INSUFFICIENT_PRIVILEGE = "42501"
_INTERRUPTIONS = {  # by the class of the error
    "40": "the transaction was cancelled, as a standby does when it cannot wait",
    "53": "the server lacks memory, disk space or connections",
    "55": "a table is locked, as by an upgrade of OpenSPP's modules",
    "57": "the query was cancelled, or the server is stopping",
    "58": "the server cannot read its files",
}
_SESSION = (
    # The whole result is read, so no plan is better for its first rows. Sorts of millions of rows stay on disk.
    "SET LOCAL cursor_tuple_fraction = 1",
    "SET LOCAL work_mem = '32MB'",
    "SET LOCAL TIME ZONE 'UTC'",
    "SET LOCAL standard_conforming_strings = on",  # `literal` and patterns write backslashes as they are
    "SET LOCAL idle_in_transaction_session_timeout = 0",  # a pass may write for minutes between two reads
    "SET LOCAL statement_timeout = 0",
    # An upgrade of modules locks tables: the pass is tried again. The address or the user may have its own bound.
    "SELECT set_config('lock_timeout', '60s', true) WHERE current_setting('lock_timeout') = '0'",
)


class Transaction:
    """A transaction that reads one moment of the database."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._names = count(1)

    def select(self, query: str, parameters: Parameters | None = None) -> list[Row]:
        """Return the rows of a query that has few."""
        with _reported(), self._connection.cursor() as cursor:
            return cursor.execute(query.encode(), parameters or {}).fetchall()

    def stream(self, query: str, parameters: Parameters | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, of which few are in memory; further queries may run meanwhile."""
        from psycopg.rows import tuple_row  # noqa: PLC0415 - optional

        with (
            _reported(),
            self._connection.cursor(f"dci_{next(self._names)}", row_factory=tuple_row, scrollable=False) as cursor,
        ):
            cursor.execute(query.encode(), parameters or {})
            while rows := cursor.fetchmany(_FETCHED_ROWS):
                yield from rows

    def prefer_whole_tables(self, whole: bool) -> None:  # noqa: FBT001 - what the name asks
        """Choose how the next queries join: by whole tables, or by an index where the database has one.

        Without statistics, PostgreSQL may take a nested loop for quick, which never ends on tables without indexes.
        """
        self.select(f"SELECT set_config('enable_nestloop', '{'off' if whole else 'on'}', true)")


@contextmanager
def transaction(url: str) -> Iterator[Transaction]:
    """Connect, and read one moment of the database. Raises SourceUnavailable, or CommandError."""
    psycopg = _psycopg()
    from psycopg.rows import dict_row  # noqa: PLC0415 - optional

    given = _read_address(url)
    settings = {"application_name": "dci registry follow", **_TIMEOUTS, **given, "client_encoding": "UTF8"}
    try:
        connection = psycopg.connect(**settings, row_factory=dict_row)
    except psycopg.Error as error:
        refusal = refusal_of(str(error))
        problem = CommandError if refusal.is_lasting else SourceUnavailable
        raise problem(f"OpenSPP's database cannot be reached: {refusal.reason}.") from None
    with _reported():
        try:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.cursor() as cursor:
                for statement in _SESSION:
                    cursor.execute(statement.encode())
            yield Transaction(connection)
        finally:
            connection.close()  # which ends the transaction, whatever became of it


def literal(text: str) -> str:
    """Return a text as SQL. PostgreSQL does not find out the type of a text that is a cursor's parameter."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def quoted(name: str) -> str:
    """Return a name of a column or table as SQL."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _reported() -> Iterator[None]:
    """Turn an error of the database into a sentence, which holds no value of a registrant."""
    import psycopg  # noqa: PLC0415 - optional

    try:
        yield
    except UnicodeDecodeError:  # a database without an encoding has any bytes
        raise CommandError("OpenSPP's database has text that is not UTF-8.") from None
    except psycopg.OperationalError as error:
        reason = _INTERRUPTIONS.get((error.sqlstate or "")[:2], "the connection was lost")
        raise SourceUnavailable(f"OpenSPP's database stopped answering: {reason} ({_kind(error)}).") from None
    except psycopg.Error as error:
        if error.sqlstate == _INSUFFICIENT_PRIVILEGE:
            raise CommandError(_denied(error.diag.message_primary or "permission denied")) from None
        raise CommandError(f"OpenSPP's database rejected a query ({_kind(error)}).") from None


def _denied(message: str) -> str:
    """Return a sentence about a missing grant, of which the server's message names the table or function."""
    function = re.search(r"\bpg_\w+", message)
    grant = (
        f"GRANT EXECUTE ON FUNCTION {function[0]}() to it" if function else "Grant SELECT as docs/openspp.md shows"
    )
    return f"OpenSPP's database does not let its user read: {message}. {grant}."


def _kind(error: psycopg.Error) -> str:
    return f"{type(error).__name__} {error.sqlstate}" if error.sqlstate else type(error).__name__


def _psycopg() -> Any:  # noqa: ANN401 - the module
    try:
        import psycopg  # noqa: PLC0415 - an optional dependency
    except ImportError:
        raise CommandError(_MISSING) from None
    return psycopg


def _read_address(url: str) -> dict[str, Any]:
    """Return the settings that an address names. Raises CommandError when it cannot be read."""
    import psycopg  # noqa: PLC0415 - optional
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - likewise

    try:
        return dict(conninfo_to_dict(url))
    except psycopg.Error:  # whose message repeats a part of it
        raise CommandError(
            "--database must be an address such as postgresql://dci@db.example.org/openspp. Write characters of the "
            "password such as @ and / as %40 and %2F, or put it into ~/.pgpass."
        ) from None
