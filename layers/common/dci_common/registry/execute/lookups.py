"""Looks up the owners of identifiers, phone numbers and e-mail addresses, all at once.

Restricted people own nothing, unless the client is `entitled` to them: all that follows is as if nobody was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from dci_common.registry.catalogue.value_types import EMAIL, PHONE
from dci_common.registry.query.tree import Compare
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import QUERY_COST, RegistryStore

Owners = dict[Compare, frozenset[str]]


def look_up(
    comparisons: Sequence[Compare], store: RegistryStore, threads: Executor, budget: Budget, *, entitled: bool
) -> Owners:
    """Return the owners of each comparison's values, by their partition keys."""
    unique = [comparison for comparison in comparisons if comparison.attribute.type.unique]
    shared = [comparison for comparison in comparisons if not comparison.attribute.type.unique]
    owners = _unique_owners(unique, store, budget, entitled=entitled) if unique else {}
    return owners | _shared_owners(shared, store, threads, budget, entitled=entitled) if shared else owners


def _unique_owners(comparisons: list[Compare], store: RegistryStore, budget: Budget, *, entitled: bool) -> Owners:
    """Read the owners of identifiers, of which each has one."""
    pks = [[_pk(comparison, value) for value in comparison.values] for comparison in comparisons]
    owners = store.identifier_owners([pk for own in pks for pk in own], budget, entitled=entitled)
    return {
        comparison: frozenset([owners[pk] for pk in own if pk in owners])
        for comparison, own in zip(comparisons, pks, strict=True)
    }


def _shared_owners(
    comparisons: list[Compare], store: RegistryStore, threads: Executor, budget: Budget, *, entitled: bool
) -> Owners:
    """Query the owners of phone numbers and e-mail addresses, of which each may have any number."""
    jobs = [(comparison, _pk(comparison, value)) for comparison in comparisons for value in comparison.values]
    budget.check(len(jobs) * QUERY_COST)
    found: Owners = dict.fromkeys(comparisons, frozenset())
    answers = threads.map(lambda job: store.shared_owners(job[1], budget, entitled=entitled), jobs)
    for (comparison, _), owners in zip(jobs, answers, strict=True):
        found[comparison] |= frozenset(owners)
    return found


def _pk(comparison: Compare, value: str) -> str:
    attribute = comparison.attribute
    if attribute.type.name == PHONE.name:  # that of a country is another object
        return keys.phone_pk(value)
    if attribute.type is EMAIL:
        return keys.email_pk(value)
    return keys.identifier_pk(attribute.name, value)
