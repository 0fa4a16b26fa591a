"""A database that cannot be reached or stops: a sentence without its address, and the next pass is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp.connection import transaction
from dci_cli.registry.follow.openspp.refusal import refusal_of
from dci_common.registry.storage.follow_status import FollowStatus
from support.follow_harness import FollowHarness
from support.openspp_database import OpenSppDatabase
from support.postgres import Cluster

AT = 'connection to server at "db.example.org" (10.1.2.3), port 5432 failed: '
MESSAGES = {
    f'{AT}FATAL:  password authentication failed for user "dci"': (True, "rejects the user or the password"),
    f"{AT}fe_sendauth: no password supplied": (True, "rejects the user or the password"),
    f'{AT}FATAL:  no pg_hba.conf entry for host "10.1.2.9", user "dci", database "openspp"': (True, "pg_hba.conf"),
    f'{AT}FATAL:  database "openspp" does not exist': (True, "no such database"),
    f'{AT}FATAL:  role "dci" does not exist': (True, "no such user"),
    f'{AT}FATAL:  role "dci" is not permitted to log in': (True, "lacks LOGIN"),
    f'{AT}FATAL:  permission denied for database "openspp"': (True, "GRANT CONNECT"),
    f"{AT}SSL error: certificate verify failed": (True, "TLS fails"),
    f"{AT}server does not support SSL, but SSL was required": (True, "TLS fails"),
    'root certificate file "/home/dci/.postgresql/root.crt" does not exist': (True, "TLS fails"),
    'invalid sslmode value: "openspp"': (True, "a setting in the address is not valid"),
    f"{AT}FATAL:  the database system is starting up": (False, "starting or stopping"),
    f"{AT}FATAL:  sorry, too many clients already": (False, "too many connections"),
    f"{AT}FATAL:  remaining connection slots are reserved for roles": (False, "too many connections"),
    f"{AT}Connection refused\n\tIs the server running on that host?": (False, "nothing listens"),
    'could not translate host name "db.example.org" to address: Name or service not known': (False, "not known"),
    f"{AT}timeout expired": (False, "does not answer"),
    f"{AT}No route to host": (False, "does not answer"),
    f"{AT}server closed the connection unexpectedly": (False, "closed the connection"),
    f"{AT}FATAL:  etwas anderes": (False, "psql shows the reason"),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_refusal_is_in_words_without_the_address(message: str) -> None:
    """What libpq and the server say becomes a reason that names no host, address, user or database."""
    refusal = refusal_of(message)
    is_lasting, words = MESSAGES[message]
    assert (refusal.is_lasting, words in refusal.reason) == (is_lasting, True)
    assert not any(part in refusal.reason for part in ("example", "10.1", "dci", "openspp", "5432"))


@pytest.mark.postgres
def test_what_is_kept_of_a_failure_names_no_part_of_the_address(follow: FollowHarness, cluster: Cluster) -> None:
    """The reason that the registry keeps for the doctor and the overview has neither host nor user nor database."""
    for url in (
        "postgresql://hanna:s3cret@127.0.0.1:1/people",
        "postgresql://hanna:s3cret@no-such-host.invalid/people",
        f"postgresql://hanna:s3cret@/people?host={cluster.folder}",
        f"postgresql://hanna:s3cret@/people?host={cluster.folder}&sslmode=what",
        f"postgresql://hanna@/people?host={cluster.folder}-missing",
    ):
        problem = follow(url).problem
        assert problem.startswith("OpenSPP's database cannot be reached: ")
        assert problem == FollowStatus.read(follow.registry.runtime).outcome
        for part in ("hanna", "s3cret", "127.0", "people", "no-such-host", str(cluster.folder), "psql"):
            assert part not in problem


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["pg_control_system", "pg_control_checkpoint"])
def test_a_function_that_is_revoked_is_named_with_its_grant(own_openspp17: OpenSppDatabase, name: str) -> None:
    """Where the functions that identify the cluster are revoked, the sentence says what to grant."""
    own_openspp17.sql(
        f"CREATE ROLE reader_{own_openspp17.name} LOGIN; REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC"
    )
    user = f"reader_{own_openspp17.name}"
    own_openspp17.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
    with pytest.raises(CommandError) as caught:
        own_openspp17.read(user=user)
    assert str(caught.value) == (
        f"OpenSPP's database does not let its user read: permission denied for function {name}. "
        f"GRANT EXECUTE ON FUNCTION {name}() to it."
    )
    own_openspp17.sql(f"GRANT EXECUTE ON FUNCTION {name}() TO {user}")
    assert own_openspp17.read(user=user) == {}


@pytest.mark.postgres
def test_a_locked_table_is_not_waited_for(follow: FollowHarness, openspp17: OpenSppDatabase) -> None:
    """While an upgrade has locked a table, the pass ends with a sentence; afterwards it is made."""
    person = openspp17.person(given_name="Anna")
    url = f"{openspp17.cluster.url(openspp17.name)}&options={quote('-c lock_timeout=50ms')}"
    with psycopg.connect(openspp17.cluster.url(openspp17.name)) as upgrade:
        upgrade.execute("ALTER TABLE g2p_phone_number ADD x_new int")
        problem = follow(url).problem
        assert problem == (
            "OpenSPP's database stopped answering: a table is locked, as by an upgrade of OpenSPP's modules "
            "(LockNotAvailable 55P03)."
        )
        upgrade.rollback()
    assert follow(url).status == 0
    assert {id_ for _, id_ in follow.registry.views()} == {f"p{person}"}


@pytest.mark.postgres
def test_limits_of_the_users_statements_do_not_end_a_pass(openspp17: OpenSppDatabase) -> None:
    """A timeout that the database has for statements is for its own users: a pass may take minutes."""
    limits = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
    settings = quote(" ".join(f"-c {name}=9s" for name in limits))
    columns = ", ".join(f"current_setting('{name}') AS {name}" for name in limits)
    with transaction(f"{openspp17.cluster.url(openspp17.name)}&options={settings}") as tx:
        assert tx.select(f"SELECT {columns}") == [dict(zip(limits, ("0", "0", "9s"), strict=True))]


class Interrupted:
    """A source whose connection is ended after some records."""

    def __init__(self, openspp: OpenSppDatabase, after: int) -> None:
        self._openspp, self._after = openspp, after

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        with self._openspp.source().snapshot() as snapshot:
            read = snapshot.records

            def records(ids: Any = None) -> Iterator[Any]:
                for number, record in enumerate(read(ids)):
                    if number == self._after:
                        self._openspp.sql(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                            "WHERE datname = current_database() AND application_name = 'dci registry follow'"
                        )
                    yield record

            snapshot.records = records  # type: ignore[method-assign,assignment]
            yield snapshot


@pytest.mark.postgres
def test_a_connection_that_is_cut_while_records_are_read(follow: FollowHarness, openspp17: OpenSppDatabase) -> None:
    """Nothing is written of what was read in part, at the first load or later, and the next pass is right."""
    openspp17.populate(180)
    url = openspp17.cluster.url(openspp17.name)
    cut = Interrupted(openspp17, after=10)
    problem = follow(cut).problem
    assert problem.startswith(
        "OpenSPP's database stopped answering: the query was cancelled, or the server is stopping"
    )
    assert follow.registry.views() == {}
    assert follow(url).status == 0
    before = follow.versions()
    assert len(before) == 1080
    openspp17.sql("UPDATE res_partner SET birth_place = 'Here', write_date = now()")
    assert follow(cut).status == 2
    assert follow.versions() == before
    assert follow(url).out.endswith(": 900 people changed.\n")
    assert follow(url, "--full").out.endswith("nothing changed.\n")
