"""A registry that follows a source in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_common.registry.storage import keys
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource
from support.registry_harness import Registry


@pytest.fixture
def follow(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> FollowHarness:
    """Return `dci registry follow` on the test's registry."""
    return FollowHarness(registry, tmp_path / "state.sqlite", capsys)


@pytest.fixture
def new(follow: FollowHarness) -> FollowHarness:
    """Return the command on a table that holds nothing at all."""
    follow.registry.runtime.dynamodb.delete_item(TableName=follow.registry.table, Key=keys.REGISTRY_KEY)
    return follow


@pytest.fixture
def source() -> MemorySource:
    """Return a source with a household of three, and a person alone."""
    made = MemorySource()
    made.person(
        1,
        name={"surname": "Okafor", "given_name": "Amara"},
        identifiers=[{"identifier_type": "UIN", "identifier_value": "847951632"}],
        phone_numbers=["+1 555 0100"],
    )
    made.person(2, name={"surname": "Okafor", "given_name": "Chidi"}, birth_date="1986-05-12")
    made.person(3, name={"surname": "Okafor", "given_name": "Ife"})
    made.person(4, name={"surname": "Mbeki", "given_name": "Lina"}, income=5.0)
    made.group(9, 1, 2, 3, name="Okafor", group_type="household")
    return made
