"""Dangling memberships: their person or group is neither in the files nor in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.registry.model.base import Kind

if TYPE_CHECKING:
    from dci_cli.registry.files.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.registry.model.records import Membership


def reject_dangling(staging: Staging, rejects: Rejects) -> None:
    """Reject the memberships of people and groups that are not staged and not known from the registry."""
    for staged in staging.dangling_memberships():
        missing = " and the ".join(f"{kind.lower()} {id_}" for kind, id_ in _missing(staging, staged.record))
        staging.reject(staged, f"Neither the files nor the registry have the {missing}.", rejects)


def _missing(staging: Staging, membership: Membership) -> list[tuple[Kind, str]]:
    sides = [(Kind.PERSON, membership.person_id), (Kind.GROUP, membership.group_id)]
    return [side for side in sides if not staging.statuses.is_known(*side) and not staging.find(*side)]
