"""Properties are checked with the same examples each time, so that a failure comes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from support.api import Api

settings.register_profile(
    "reproducible",
    derandomize=True,
    database=None,
    deadline=None,  # nothing depends on how fast the machine is
    print_blob=False,
)
settings.load_profile("reproducible")


@pytest.fixture(scope="session")
def shared_admin(shared_api: Api) -> str:
    """Return an administrator's token at the shared API."""
    return shared_api.token_of(scopes=("clients.manage",))
