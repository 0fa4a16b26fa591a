"""The artifacts in Lambda's own containers, started once: `make e2e`, after `make build`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.server_process import ServerProcess, sam_local


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which `.local` has the credentials."""
    return tmp_path_factory.mktemp("containers")


@pytest.fixture(scope="session")
def api(folder: Path) -> Iterator[ServerProcess]:
    """Run the API."""
    with sam_local(folder) as server:
        yield server


@pytest.fixture(scope="session")
def partner(api: ServerProcess) -> dict[str, str]:
    """Return the header of a partner's requests."""
    return api.authorization("partner")


@pytest.fixture(scope="session")
def admin(api: ServerProcess) -> dict[str, str]:
    """Return the header of an administrator's requests."""
    return api.authorization("admin")
