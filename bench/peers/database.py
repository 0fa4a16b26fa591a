"""The PostgreSQL of the peers: a private cluster with people, identifiers, clients and indexes.

Its own CPU time is in no figure, just as DynamoDB's is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from support import postgres
from support.postgres import Cluster

_SCHEMA = """
CREATE TABLE people (id text PRIMARY KEY, record text NOT NULL);
CREATE TABLE identifiers (
    type text, value text, person_id text NOT NULL REFERENCES people, PRIMARY KEY (type, value));
CREATE TABLE clients (
    client_id text PRIMARY KEY, sender_id text NOT NULL, secret_digest text NOT NULL, scope text NOT NULL,
    status text NOT NULL, requests_a_minute integer NOT NULL, failures integer NOT NULL DEFAULT 0,
    last_used timestamptz);
CREATE TABLE request_counts (
    client_id text PRIMARY KEY REFERENCES clients, minute bigint NOT NULL, requests integer NOT NULL)
    WITH (fillfactor = 50);
CREATE TABLE disclosures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
    client_id text NOT NULL, correlation_id text NOT NULL, message_id text NOT NULL, transaction_id text NOT NULL,
    reference_id text NOT NULL, query text NOT NULL, person_id text);
CREATE INDEX ON disclosures (at);
CREATE INDEX ON disclosures (person_id, at);
"""
Row = Sequence[str | int]


def running() -> AbstractContextManager[Cluster]:
    """Run a new cluster as long as it is used. Exits with a message when PostgreSQL is not installed."""
    return postgres.running("shared_buffers=64MB", "autovacuum_naptime=10")


def fill(cluster: Cluster, tables: dict[str, Iterable[Row]]) -> None:
    """Create the tables, and copy rows into them, in the order of the columns."""
    copies = ("".join([f"COPY {table} FROM STDIN;\n", *map(_line, rows), "\\.\n"]) for table, rows in tables.items())
    cluster.query("".join([_SCHEMA, *copies, "VACUUM ANALYZE;\n"]))


def _line(row: Row) -> str:
    """Return a row in COPY's text format."""
    texts = (str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for value in row)
    return "\t".join(texts) + "\n"
