"""Clients as subscriptions know them."""

from __future__ import annotations

from dataclasses import dataclass

from dci_common.clients.model import RECORD_TYPES


@dataclass(frozen=True)
class Subscriber:
    """A client that may see all, but no restricted people."""

    client_id: str = "client-1"
    record_types: tuple[str, ...] = RECORD_TYPES
    disclosure: tuple[str, ...] = ("full",)
    restricted: bool = False
    openspp17: bool = False
