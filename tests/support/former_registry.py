"""Registries as former versions of the rules of matching wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.records import AnyRecord
from dci_common.registry.model.rules import Rules
from dci_common.registry.storage.items import RULES, identifier_types, settings_item
from support.registry_harness import INDEXING, Registry, expected_views, items_of

FORMER = Rules(version=1)


def write_as_formerly(registry: Registry, *records: AnyRecord) -> None:
    """Let a registry hold just these records, as version 1 wrote them."""
    _write(registry, items_of(records, replace(INDEXING, catalogue=_former_catalogue())), records, FORMER)


def write_as_version_2(registry: Registry, *records: AnyRecord) -> None:
    """Let a registry hold just these records as version 2 wrote them, with one period of each membership."""
    _write(registry, items_of(records), records, Rules(version=2))


def _write(registry: Registry, items: Iterable[Item], records: Iterable[AnyRecord], rules: Rules) -> None:
    settings = settings_item(INDEXING.shards, *identifier_types(expected_views(records).values()))
    marked = {} if rules == FORMER else {RULES: {"S": str(rules)}}  # version 1 had no name
    registry.clear()
    registry.write(map(_with_former_key, items))
    registry.write([{name: value for name, value in settings.items() if name != RULES} | marked])


def _with_former_key(item: Item) -> Item:
    """Return an item with the key that it had when a person had one membership of a group."""
    prefix, *rest = item["sk"]["S"].split("#")
    return item | (
        {"sk": {"S": f"{prefix}#{rest[0]}"}} if prefix in {"GROUP", "MEMBER"} and "owner" not in item else {}
    )


def _former_catalogue() -> Catalogue:
    rows = {
        row: replace(row, type=replace(row.type, normalize=row.type.normalizer(FORMER)))
        for row in SOCIAL_CATALOGUE.rows
    }
    composites = {
        kind: tuple(one._replace(leading=rows[one.leading], trailing=rows[one.trailing]) for one in composites)
        for kind, composites in SOCIAL_CATALOGUE.composites.items()
    }
    return replace(SOCIAL_CATALOGUE, rows=tuple(rows.values()), composites=composites, rules=FORMER)
