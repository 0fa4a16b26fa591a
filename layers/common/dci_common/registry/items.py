"""From views to the items of RegistryTable: records with their index slots and facets, memberships, lookups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from dci_common.registry import keys
from dci_common.registry.catalogue import ATTRIBUTES, RECORD_SLOT
from dci_common.registry.model import Kind, Membership
from dci_common.registry.views import View, plain

Item = dict[str, Any]


def record_items(kind: Kind, view: View, shards: int) -> Iterator[Item]:
    """Build a record's item and the lookup items that find it."""
    record_id = view["id"]
    facets = {
        attribute.name: view[attribute.name]
        for attribute in ATTRIBUTES
        if kind in attribute.slots and attribute.name in view
    }
    slots = {
        attribute.slots[kind]: keys.slot_value(facets[attribute.name], record_id)
        for attribute in ATTRIBUTES
        if attribute.name in facets
    }
    yield {
        **keys.record_key(kind, record_id),
        "version": {"N": "1"},
        "shard": {"S": keys.shard(kind, record_id, shards)},
        RECORD_SLOT: {"S": keys.slot_value("", record_id)},
        **{slot: {"S": value} for slot, value in slots.items()},
        "facets": {"M": {name: {"S": value} for name, value in facets.items()}},
        "body": {"S": json.dumps(view, ensure_ascii=False, separators=(",", ":"))},
    }
    yield from _lookups(keys.record_pk(kind, record_id), view)


def membership_items(membership: Membership) -> Iterator[Item]:
    """Build both sides of a membership."""
    person = keys.record_pk(Kind.PERSON, membership.person_id)
    group = keys.record_pk(Kind.GROUP, membership.group_id)
    body = {"body": {"S": json.dumps(plain(membership), ensure_ascii=False)}}
    yield {"pk": {"S": person}, "sk": {"S": group}, **body}
    yield {"pk": {"S": group}, "sk": {"S": f"MEMBER#{membership.person_id}"}, **body}


def settings_item(shards: int, views: Iterable[View]) -> Item:
    """Build the registry's own item: how many shards its indexes have, and which identifier types it knows."""
    types = {
        keys.identifier_type(identifier["identifier_type"])
        for view in views
        for identifier in view.get("identifiers", ())
    }
    return {
        **keys.REGISTRY_KEY,
        "shards": {"N": str(shards)},
        "identifier_types": {"L": [{"S": type_} for type_ in sorted(types)]},
    }


def _lookups(owner: str, view: View) -> Iterator[Item]:
    for identifier in view.get("identifiers", ()):
        pk = keys.identifier_pk(identifier["identifier_type"], identifier["identifier_value"])
        yield {"pk": {"S": pk}, "sk": {"S": keys.RECORD}, "owner": {"S": owner}}
    shared = [keys.phone_pk(number) for number in view.get("phone_numbers", ())]
    shared += [keys.email_pk(address) for address in view.get("emails", ())]
    for pk in dict.fromkeys(shared):
        yield {"pk": {"S": pk}, "sk": {"S": owner}, "owner": {"S": owner}}
