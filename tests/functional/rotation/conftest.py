"""Deployments with an empty ring of signing keys, and with a full one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dci_common.oauth.public_key_store import KeyUse
from support.api import Api
from support.rotated_deployment import Deployment


@pytest.fixture
def empty(own_api: Callable[..., Api]) -> Deployment:
    """Return a deployment as CloudFormation makes it: with an empty ring."""
    return Deployment(own_api, own_api())


@pytest.fixture
def deployment(empty: Deployment) -> Deployment:
    """Return a deployment that has rotated once."""
    empty.rotate()
    return empty


@pytest.fixture
def messages(own_api: Callable[..., Api]) -> Deployment:
    """Return a deployment that has rotated its message keys once, and no keys of tokens."""
    made = Deployment(own_api, own_api(), KeyUse.MESSAGES)
    made.rotate()
    return made


@pytest.fixture(params=["empty", "deployment"])
def either(request: pytest.FixtureRequest) -> Deployment:
    """Return a deployment with an empty ring, then one with a full one."""
    found: Deployment = request.getfixturevalue(request.param)
    return found
