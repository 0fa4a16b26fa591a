"""A hot standby: it is read as the primary is, and data that is old is not taken for new."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from support import postgres
from support.openspp_database import OpenSppDatabase, create_templates

pytestmark = pytest.mark.postgres


def _moment(database: OpenSppDatabase) -> datetime:
    with database.source().snapshot() as snapshot:
        assert list(snapshot.identities())
        return snapshot.moment


def test_a_standby_that_lags_says_of_when_its_data_is() -> None:
    """While it streams, the data is of now; when the primary is gone, it is of the last change."""
    with postgres.running(*postgres.STREAMING) as primary:
        create_templates(primary)
        OpenSppDatabase(primary, "openspp17", "openspp17").person()
        with postgres.standby(primary, *postgres.STREAMING) as standby:
            database = OpenSppDatabase(standby, "openspp17", "openspp17")
            OpenSppDatabase(primary, "openspp17", "openspp17").person()
            deadline = time.monotonic() + 30
            while database.sql("SELECT count(*) FROM res_partner WHERE is_registrant") != "2":
                assert time.monotonic() < deadline
                time.sleep(0.05)
            changed = datetime.now(UTC)
            time.sleep(1)
            assert _moment(database) > changed + timedelta(seconds=0.5)
            standby.query("SELECT pg_wal_replay_pause()")
            OpenSppDatabase(primary, "openspp17", "openspp17").person()
            while database.sql("SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()") == "True":
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert _moment(database) <= changed
