"""Dangling memberships of an import: reading them changes nothing, resolving them does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from dci_cli.registry.importer.dangling import find_dangling, resolve_dangling
from dci_cli.registry.importer.diff_status import DiffCounts
from dci_cli.registry.importer.rejects import Rejects
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.support.registry_table import settings_if_loaded
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.storage import keys
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.registry_harness import Registry

KNOWN = Membership(person_id="anna", group_id="hill")
CHANGED = Membership(person_id="anna", group_id="dale", roles=("head",))
NEW = Membership(person_id="beno", group_id="hill")
LOST = Membership(person_id="nobody", group_id="hill")


@pytest.fixture
def staging(registry: Registry) -> Iterator[Staging]:
    """Return memberships without their records, most of which the registry has."""
    registry.put(Person(id="anna"), Person(id="beno"), Group(id="hill"), Group(id="dale"))
    registry.put(KNOWN, Membership(person_id="anna", group_id="dale"))
    with closing(Staging()) as staging:
        for line, membership in enumerate((KNOWN, CHANGED, NEW, LOST), 1):
            staging.add(membership, "file", line)
        yield staging


def test_finding_dangling_memberships_changes_nothing(registry: Registry, staging: Staging) -> None:
    """Dangling memberships are found with what the registry has of them; staging is not changed."""
    with ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            found = list(find_dangling(staging, registry.runtime, pool))
            assert [dangling.staged.record for dangling in found] == [KNOWN, CHANGED, NEW, LOST]
            assert [bool(dangling.stored) for dangling in found] == [True, True, False, False]
            assert [dangling.missing for dangling in found] == [(), (), (), ("person nobody",)]
            assert staging.counts.memberships == 4
            assert staging.statuses.memberships == DiffCounts(new=4, changed=0, same=0)


def test_resolving_dangling_memberships_records_each_status(
    registry: Registry, staging: Staging, tmp_path: Path
) -> None:
    """The status of each is recorded, and a membership of an unknown person is rejected with its reason."""
    source = str(tmp_path / "file")
    with ThreadPoolExecutor(1) as pool, Rejects(["file", source]) as rejects:
        staging.drop(LOST)
        staging.add(LOST, source, 4)
        resolve_dangling(staging, registry.runtime, rejects, pool)
    assert staging.statuses.memberships == DiffCounts(new=1, changed=1, same=1)
    assert [staged.record for staged in staging.dangling_memberships()] == [KNOWN, CHANGED, NEW]
    assert "the person nobody." in (tmp_path / "file.rejected.jsonl").read_text()


def test_an_empty_table_has_no_settings(registry: Registry) -> None:
    """A table without settings has no registry, and an error of the table is raised."""
    assert settings_if_loaded(registry.runtime) is not None
    registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
    assert settings_if_loaded(registry.runtime) is None
    with pytest.raises(ClientError, match="ResourceNotFound"):
        settings_if_loaded(Runtime(Settings(registry_table="no-such-table")))
