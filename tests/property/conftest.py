"""What the tests of properties share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.api import Api


@pytest.fixture(scope="session")
def shared_admin(shared_api: Api) -> str:
    """Return an administrator's token at the shared API."""
    return shared_api.token_of(scopes=("clients.manage",))
