"""Registries as version 1 of the rules of matching wrote them."""

from __future__ import annotations

from dataclasses import replace

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.records import AnyRecord
from dci_common.registry.model.rules import Rules
from dci_common.registry.storage.items import RULES, identifier_types, settings_item
from support.registry_harness import INDEXING, Registry, expected_views, items_of

FORMER = Rules(version=1)


def write_as_formerly(registry: Registry, *records: AnyRecord) -> None:
    """Let a registry hold just these records, as an older version wrote them."""
    settings = settings_item(INDEXING.shards, *identifier_types(expected_views(records).values()))
    registry.clear()
    registry.write(items_of(records, replace(INDEXING, catalogue=_former_catalogue())))
    registry.write([{name: value for name, value in settings.items() if name != RULES}])


def _former_catalogue() -> Catalogue:
    rows = {
        row: replace(row, type=replace(row.type, normalize=row.type.normalizer(FORMER)))
        for row in SOCIAL_CATALOGUE.rows
    }
    composites = {
        kind: replace(composite, leading=rows[composite.leading], trailing=rows[composite.trailing])
        for kind, composite in SOCIAL_CATALOGUE.composites.items()
    }
    return replace(SOCIAL_CATALOGUE, rows=tuple(rows.values()), composites=composites, rules=FORMER)
