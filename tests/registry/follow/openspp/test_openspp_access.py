"""Access to the database: what must be there and granted, and what an error says."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.source import OpenSpp
from dci_cli.registry.follow.source import SourceUnavailable
from support.openspp_database import OpenSppDatabase
from support.postgres import Cluster

pytestmark = pytest.mark.postgres
_NAMES = iter(f"reader_{os.getpid()}_{number}" for number in range(1000))


def reader_of(openspp: OpenSppDatabase, *grants: str) -> str:
    """Return a new user with these rights only."""
    name = next(_NAMES)
    openspp.sql(f"CREATE ROLE {name} LOGIN; " + "".join(f"GRANT SELECT {grant} TO {name}; " for grant in grants))
    return name


def problem_of(openspp: OpenSppDatabase, user: str = "dci", options: Options | None = None) -> str:
    """Return the sentence with which reading stops."""
    with pytest.raises(CommandError) as caught:
        openspp.read(options, user=user)
    return str(caught.value)


REQUIRED = (
    "(id, is_registrant, is_group, active, disabled, write_date, is_encrypted, given_name) ON res_partner",
    "(id, partner_id, id_type, value, status, write_date) ON g2p_reg_id",
    '(id, "group", individual, start_date, ended_date, write_date) ON g2p_group_membership',
)


def test_a_column_that_is_not_granted_is_not_read(openspp17: OpenSppDatabase) -> None:
    """The grants say what is shared: the rest of a person is read without it, and what is missing is listed."""
    person = openspp17.person(given_name="Anna", family_name="Doe", phone="+63 917 555 0100")
    openspp17.identifier(person, "A1")
    user = reader_of(openspp17, *REQUIRED)
    record = openspp17.read(user=user)[person].record
    assert record.model_dump(exclude_unset=True, exclude={"last_updated"}) == {
        "id": f"p{person}",
        "name": {"given_name": "Anna"},
    }  # the types of identifiers may not be read, so there are none
    with openspp17.source(user=user).snapshot() as snapshot:
        missing = snapshot.not_granted
    assert {"family_name", "phone"} <= set(missing["res_partner"])
    assert "complete_name" not in missing["res_partner"]  # which nobody reads
    assert missing["g2p_id_type"] == missing["g2p_phone_number"] == ()
    openspp17.sql(f"GRANT SELECT (id, name) ON g2p_id_type TO {user}")
    assert len(openspp17.read(user=user)[person].record.identifiers) == 1


def test_a_missing_grant_is_named_with_the_statement_that_gives_it(openspp17: OpenSppDatabase) -> None:
    """Columns without which nobody can be followed stop with the GRANT that is missing."""
    assert problem_of(openspp17, reader_of(openspp17)) == (
        "The database's user may not read id, is_registrant, is_group, active, disabled, write_date of res_partner: "
        'GRANT SELECT ("id", "is_registrant", "is_group", "active", "disabled", "write_date") ON res_partner.'
    )
    assert problem_of(openspp17, reader_of(openspp17, *REQUIRED[:2])) == (
        "The database's user may not read id, group, individual, start_date, ended_date, write_date of "
        'g2p_group_membership: GRANT SELECT ("id", "group", "individual", "start_date", "ended_date", "write_date") '
        "ON g2p_group_membership."
    )
    without_tags = reader_of(openspp17, *REQUIRED)
    assert "OpenSPP has no tag Protected" in problem_of(
        openspp17, without_tags, Options(restricted_tag="Protected")
    ) or ("GRANT SELECT" in problem_of(openspp17, without_tags, Options(restricted_tag="Protected")))
    partly = reader_of(openspp17, *REQUIRED, "(id, partner_id, phone_no) ON g2p_phone_number")
    assert "may not read write_date, disabled of g2p_phone_number" in problem_of(openspp17, partly)


def test_missing_modules_leave_their_parts_out(own_openspp17: OpenSppDatabase) -> None:
    """Without the modules of phones, relationships, areas and memberships, people are still followed."""
    person = own_openspp17.person(given_name="Anna")
    group = own_openspp17.group()
    own_openspp17.sql(
        "DROP TABLE g2p_phone_number, g2p_reg_rel, g2p_relationship, g2p_group_membership CASCADE;"
        "ALTER TABLE res_partner DROP area_id, DROP grp_pmt_score, DROP is_encrypted, DROP title, DROP mobile;"
        "DROP TABLE spp_area, ir_module_module, res_partner_title, gender_type CASCADE"
    )
    records = own_openspp17.read()
    assert records[person].record.name.given_name == "Anna"  # type: ignore[union-attr]
    assert records[group].memberships == ()
    with own_openspp17.source().snapshot() as snapshot:
        assert snapshot.version == "OpenSPP 17"
        assert len(list(snapshot.touched(datetime(2020, 1, 1, tzinfo=UTC)))) == 2
        assert list(snapshot.neighbours([person])) == []


def test_the_version_is_named(openspp: OpenSppDatabase) -> None:
    """What the source is, is the version with that of its module."""
    with openspp.source().snapshot() as snapshot:
        expected = {"openspp17": "OpenSPP 17 (17.0.1.3)", "openspp2": "OpenSPP2 (19.0.2.2.2)"}
        assert snapshot.version == expected[openspp.version]


def test_encrypted_registries_stop(own_openspp17: OpenSppDatabase, own_openspp2: OpenSppDatabase) -> None:
    """Names that are cipher text are never taken for names, whether a flag, a grant or a twin column says so."""
    own_openspp17.person(name="encrypted", given_name="encrypted")
    assert own_openspp17.read()  # from before: it is not encrypted, and has no name
    assert "encrypted" not in str(own_openspp17.fields(1))
    own_openspp17.sql("UPDATE res_partner SET is_encrypted = true")
    assert problem_of(own_openspp17).startswith("The registry is encrypted (g2p_registry_encryption)")
    hidden = reader_of(own_openspp17, REQUIRED[0].replace("is_encrypted, ", ""), *REQUIRED[1:])
    assert "may not read is_encrypted of res_partner" in problem_of(own_openspp17, hidden)
    own_openspp2.sql("ALTER TABLE spp_registry_id ADD value_index varchar")
    assert problem_of(own_openspp2).startswith("spp_registry_id.value is encrypted (spp_pii_encryption")


def test_another_database_than_openspps_is_named(cluster: Cluster) -> None:
    """An empty database, and an Odoo without a registry, are not followed."""
    assert "has no table res_partner" in problem_of(OpenSppDatabase(cluster, "postgres", "openspp17"))
    cluster.query("CREATE DATABASE plain_odoo")
    cluster.query("CREATE TABLE res_partner (id int)", "plain_odoo")
    assert "Odoo's without OpenSPP's registry" in problem_of(OpenSppDatabase(cluster, "plain_odoo", "openspp17"))


def test_no_error_shows_the_password(cluster: Cluster) -> None:
    """Neither an address that cannot be read nor a server that cannot be reached shows a part of it."""
    for url in (
        "postgresql://dci:s3cret/x@db.example.org:port/openspp",
        f"postgresql://dci:s3cret@/missing?host={cluster.folder}",
        "postgresql://dci:s3cret@127.0.0.1:1/openspp",
        "host=127.0.0.1 port=1 password=s3cret user=dci connect_timeout=1",
        "postgresql://dci:s3cret@[::1/openspp",
        "s3cret",
    ):
        with pytest.raises(CommandError) as caught, OpenSpp(url, Options()).snapshot():
            pass
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_failure_that_may_pass_is_distinguished(cluster: Cluster, openspp17: OpenSppDatabase) -> None:
    """A server that is down or ends the connection may be tried again; a missing database needs a person."""
    with pytest.raises(SourceUnavailable), OpenSpp("postgresql://dci@127.0.0.1:1/x", Options()).snapshot():
        pass
    with pytest.raises(CommandError) as caught, OpenSpp(cluster.url("missing"), Options()).snapshot():
        pass
    assert not isinstance(caught.value, SourceUnavailable)
    with openspp17.source().snapshot() as snapshot:
        openspp17.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dci registry follow'"
            " AND datname = current_database()"
        )
        with pytest.raises(SourceUnavailable, match="stopped answering"):
            list(snapshot.records())


def test_nothing_can_be_written(openspp17: OpenSppDatabase) -> None:
    """The transaction only reads, whatever the user may do."""
    from dci_cli.registry.follow.openspp.connection import transaction  # noqa: PLC0415

    with transaction(openspp17.cluster.url(openspp17.name)) as tx, pytest.raises(CommandError, match="ReadOnly"):
        tx.select("DELETE FROM res_partner RETURNING id")


def test_without_psycopg_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The driver is optional, so a command without it says what to run."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    source = OpenSpp(f"postgresql://{tmp_path}", Options())
    with pytest.raises(CommandError, match=r"pip install 'dci-api-server\[openspp\]'"), source.snapshot():
        pass
