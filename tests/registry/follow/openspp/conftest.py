"""A PostgreSQL a session, with a database of each version of OpenSPP to copy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import postgres
from support.openspp_database import OpenSppDatabase, create_templates


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """Run PostgreSQL."""
    with postgres.running("shared_buffers=32MB") as running:
        create_templates(running)
        yield running


@pytest.fixture
def openspp17(cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of OpenSPP 17 without registrants."""
    return OpenSppDatabase.create(cluster, "openspp17")


@pytest.fixture
def openspp2(cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of OpenSPP2 without registrants."""
    return OpenSppDatabase.create(cluster, "openspp2")


@pytest.fixture(params=["openspp17", "openspp2"])
def openspp(request: pytest.FixtureRequest, cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of each version without registrants."""
    return OpenSppDatabase.create(cluster, request.param)
