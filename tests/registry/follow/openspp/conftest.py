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
    return OpenSppDatabase.shared(cluster, "openspp17")


@pytest.fixture
def openspp2(cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of OpenSPP2 without registrants."""
    return OpenSppDatabase.shared(cluster, "openspp2")


@pytest.fixture
def own_openspp17(cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of OpenSPP 17 of the test's own, of which it may change the tables."""
    return OpenSppDatabase.create(cluster, "openspp17")


@pytest.fixture
def own_openspp2(cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of OpenSPP2 of the test's own."""
    return OpenSppDatabase.create(cluster, "openspp2")


@pytest.fixture(params=["openspp17", "openspp2"])
def openspp(request: pytest.FixtureRequest, cluster: postgres.Cluster) -> OpenSppDatabase:
    """Return a database of each version without registrants."""
    return OpenSppDatabase.shared(cluster, request.param)
