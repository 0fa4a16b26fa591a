"""`--check`: a sample of the source, compared with the registry, in the operator's words and without values."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dci_cli.parallel import chunks
from dci_cli.registry.follow.target import Target, is_own, merged, target_of
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.views import AnyView, entry_key, membership_fields, own_fields
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.follow_status import FollowStatus
from dci_common.registry.storage.store import RegistryStore, Stored

if TYPE_CHECKING:
    from dci_cli.registry.follow.source import Identity, Source
    from dci_common.runtime import Runtime

_CHUNK = 100
_NOT_COMPARED = {"last_updated", "source"}


def check(source: Source, runtime: Runtime, number: int) -> int:
    """Print how the registry differs, and return 1 if it does. Raises CommandError."""
    store, count, differences = RegistryStore(runtime), 0, 0
    with source.snapshot() as snapshot:
        databases = FollowStatus.read(runtime).databases | {snapshot.database}
        sample = _sample(snapshot.identities(), number)
        for chunk in chunks(snapshot.records(sorted(sample)), _CHUNK):
            targets = [target_of(found, snapshot.database) for found in chunk]
            stored = {
                kind: store.records(kind, [one.id for one in targets if one.kind is kind], Budget(UNLIMITED))
                for kind in Kind
            }
            for target in targets:
                count += 1
                for line in _differences(target, stored[target.kind].get(target.id), databases):
                    print(f"{target.kind.lower()} {target.id}: {line}")
                    differences += 1
    print(f"{count:,} records compared, {differences:,} differences.")
    return 1 if differences else 0


def _sample(identities: Iterable[Identity], number: int) -> list[int]:
    """Return some ids, each with the same probability, without a list of all."""
    drawn: list[int] = []
    for at, one in enumerate(identities):
        if at < number:
            drawn.append(one.source_id)
        elif (place := random.randrange(at + 1)) < number:  # noqa: S311 - a sample is no secret
            drawn[place] = one.source_id
    return drawn


def _differences(target: Target, stored: Stored | None, databases: frozenset[str]) -> Iterator[str]:
    if stored is None:
        yield "the registry does not have it."
        return
    if not is_own(stored.view, databases):
        yield "the registry has another record with this id, which does not follow the database."
        return
    fields, there = record_fields(merged(target.record, stored.view, databases)), own_fields(stored.view)
    names = sorted(name for name in fields.keys() | there.keys() if fields.get(name) != there.get(name))
    if differing := [name for name in names if name not in _NOT_COMPARED]:
        yield f"{', '.join(differing)} differ."
    if target.kind is Kind.GROUP:
        yield from _member_differences(target, stored)


def _member_differences(target: Target, stored: Stored) -> Iterator[str]:
    wanted = {entry_key(one): membership_fields(one) for one in map(_entry, target.memberships)}
    there = {entry_key(entry): membership_fields(entry) for entry in stored.view["members"]}
    for key in sorted(wanted.keys() - there.keys()):
        yield f"the registry lacks the member {key[0]}."
    for key in sorted(there.keys() - wanted.keys()):
        yield f"the member {key[0]} is in the registry only."
    if changed := sorted(key[0] for key in wanted.keys() & there.keys() if wanted[key] != there[key]):
        yield f"roles or dates of the members {', '.join(changed)} differ."


def _entry(membership: object) -> AnyView:
    fields = record_fields(membership)  # type: ignore[arg-type]
    return {"id": fields["person_id"], **membership_fields(fields)}
