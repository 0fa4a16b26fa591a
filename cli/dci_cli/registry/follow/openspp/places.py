"""Addresses, and the places in which groups live."""

from __future__ import annotations

import struct
from typing import Any

from dci_cli.registry.follow.openspp.connection import Row
from dci_cli.registry.follow.openspp.lists import Area
from dci_cli.registry.follow.openspp.parts import Mapping
from dci_cli.registry.follow.openspp.terms import clean
from dci_cli.registry.support.plausibility import Fields

ADDRESS_LEVELS = ("address_line_1", "address_line_2", "locality", "sub_region_code", "region_code", "country_code")
_TEXTS = (
    ("address_line_1", "street"),
    ("address_line_2", "street2"),
    ("locality", "city"),
    ("postal_code", "zip"),
)
_CODES = ("sub_region_code", "region_code", "country_code")
_MOST_PLACES = 10
_POINT, _WITH_SRID, _WGS_84 = 1, 0x20000000, 4326
_POINT_BYTES = 25  # of PostGIS's own form: byte order, type, SRID, two numbers


def address(row: Row, mapping: Mapping) -> Fields:
    """Return the address of a registrant; if it is missing, that of their area, as `area_levels` says."""
    found: Fields = {}
    for name, column in _TEXTS:
        if value := clean(row.get(column)):
            found[name] = value
    if "address_line_1" not in found and (value := clean(row.get("address"))):
        found["address_line_1"] = value
    for name, column, entries in mapping.lists.of_addresses:
        if (key := row.get(column)) and (term := entries.get(key)):
            found[name] = term.named(mapping.options.names)
    return found or _area_address(mapping.lists.area_chain(row.get("area_id")), mapping)


def place(row: Row, mapping: Mapping) -> Fields | None:
    """Return the place of a group: its area in those that contain it, and its position."""
    found: Fields | None = None
    for area in reversed(mapping.lists.area_chain(row.get("area_id"))[:_MOST_PLACES]):
        if area.name:
            found = {"name": area.name, **({"contained_in_place": found} if found else {})}
    if geo := _position(row):
        found = {**(found or {}), "geo": geo}
    return found


def _area_address(chain: list[Area], mapping: Mapping) -> Fields:
    found = {}
    for level, area in zip(mapping.options.area_levels, reversed(chain), strict=False):
        value = area.code if level in _CODES else area.name
        if level and value:
            found[level] = mapping.options.names.get(value, value)
    return found


def _position(row: Row) -> dict[str, float] | None:
    """Return a position on the earth; 0/0 is what Odoo has for none."""
    latitude, longitude = row.get("partner_latitude"), row.get("partner_longitude")
    if row.get("coordinates"):
        longitude, latitude = _point(row["coordinates"]) or (longitude, latitude)
    if not latitude and not longitude:
        return None
    return {"latitude": latitude, "longitude": longitude} if latitude is not None and longitude is not None else None


def _point(text: Any) -> tuple[float, float] | None:  # noqa: ANN401 - as the database has it
    """Return the position of a point of PostGIS, if its reference system is the model's."""
    try:
        raw = bytes.fromhex(text)
    except (TypeError, ValueError):
        return None
    if len(raw) != _POINT_BYTES:
        return None
    order = "<" if raw[0] else ">"
    kind, srid, x, y = struct.unpack(f"{order}IIdd", raw[1:])
    return (x, y) if kind == _POINT | _WITH_SRID and srid == _WGS_84 else None
