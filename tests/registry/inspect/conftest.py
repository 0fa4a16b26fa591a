"""A registry for the commands that read."""

from __future__ import annotations

import pytest

from support.inspected_registry import ALL
from support.registry_harness import Registry


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with two people and their household."""
    registry.put(*ALL)
    return registry
