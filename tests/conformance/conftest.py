"""A partner whose messages are rejected."""

from __future__ import annotations

import pytest

from support.api import Api
from support.exchanges import Partner, Queues


@pytest.fixture(scope="session")
def shared_partner(exchange_api: tuple[Api, Queues]) -> Partner:
    """Return a partner for messages that are rejected: nobody calls it back."""
    return Partner(*exchange_api, "http://127.0.0.1/on-search")
