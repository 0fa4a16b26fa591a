"""A forge of tokens over a partner of the shared API."""

from __future__ import annotations

import pytest

from support.api import Api
from support.token_forge import Forge


@pytest.fixture(scope="module")
def forge(shared_api: Api) -> Forge:
    """Return a forge for a partner's tokens."""
    return Forge(shared_api, shared_api.client()[0])


@pytest.fixture
def own_forge(api: Api) -> Forge:
    """Return a new forge whose clock may be moved."""
    return Forge(api, api.client()[0])
