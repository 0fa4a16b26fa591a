"""Readers of the social registry's attributes: they return the values that a person's or a group's view has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dci_common.registry.catalogue.attributes import Reader, joined_reader
from dci_common.registry.model.views import NEVER, AnyView, is_shown

_LEVELS = ("locality", "sub_region_code", "region_code", "country_code")


def name_reader(*parts: str) -> Reader:
    """Return a reader of these parts of a person's name; a group's name is undivided, and read where it is whole."""
    read_parts = joined_reader(*parts)

    def read(view: AnyView, today: date) -> Sequence[object]:
        name = view.get("name", {})
        if isinstance(name, str):
            return [name] if len(parts) > 1 else []
        return read_parts(name, today)

    return read


def address_reader(*parts: str) -> Reader:
    """Return a reader of these parts, as one text, of the first address."""
    read_parts = joined_reader(*parts)
    return lambda view, today: read_parts(view["addresses"][0], today) if view.get("addresses") else ()


def read_location(view: AnyView, _: date) -> list[str]:
    """Return the names of the places where a person or group lives, at every level."""
    names = [address[level] for address in view.get("addresses", ()) for level in _LEVELS if level in address]
    place = view.get("place")
    while place:
        if "name" in place:
            names.append(place["name"])
        place = place.get("contained_in_place")
    return names


def read_group_size(view: AnyView, today: date) -> list[int]:
    """Return how many people belong to a group today, by its member list or its summary."""
    if "member_spans" in view:
        day = today.isoformat()
        return [sum(count for start, end, count in view["member_spans"] if start <= day < (end or NEVER))]
    if "members" in view:
        return [sum(1 for member in view["members"] if is_shown(member, today))]
    return []
