"""Dangling memberships of an import, and the table that it finds."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.dangling import reject_dangling
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.support.registry_table import settings_if_loaded
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership, Person
from dci_common.registry.storage import keys
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.registry_harness import Registry

KNOWN = Membership(person_id="anna", group_id="hill")
LOST = Membership(person_id="nobody", group_id="hill")


def test_memberships_of_unknown_records_are_rejected(tmp_path: Path) -> None:
    """A membership stays if each side is staged or known from the registry; otherwise the missing ones are named."""
    source = str(tmp_path / "file")
    with closing(Staging()) as staging, Rejects([source]) as rejects:
        staging.add(Person(id="anna"), source, 1)
        staging.add(KNOWN, source, 2)
        staging.add(LOST, source, 3)
        staging.statuses.add_known(Kind.GROUP, "hill")
        reject_dangling(staging, rejects)
        assert [staged.record for staged in staging.memberships_of("anna")] == [
            Membership(person_id="anna", group_id="hill")
        ]
        assert staging.counts.memberships == 1
    assert "registry have the person nobody." in (tmp_path / "file.rejected.jsonl").read_text()


def test_an_empty_table_has_no_settings(registry: Registry) -> None:
    """A table without settings has no registry, and an error of the table is raised."""
    assert settings_if_loaded(registry.runtime) is not None
    registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
    assert settings_if_loaded(registry.runtime) is None
    with pytest.raises(ClientError, match="ResourceNotFound"):
        settings_if_loaded(Runtime(Settings(registry_table="no-such-table")))
