"""Event types: what happens to a record as a subscription sees it, and the names that the standard gives it.

Two generations of the standard spell the names differently, and partners in more ways: names are compared as those of
attributes are, without a prefix, case and separators.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Literal

from dci_common.registry.catalogue.names import folded

Generation = Literal["2025-12", "2026-02"]  # of the standard's files, which all say 1.0.0


class EventType(StrEnum):
    """What a client may subscribe to; the value is its name in the files of December 2025.

    These list only `REGISTER` and `NewHouseHoldMember` for a social registry. The others are named by the standard's
    test suite.
    """

    REGISTER = "REGISTER"
    UPDATE = "UPDATE"
    DEREGISTER = "DEREGISTER"
    NEW_HOUSEHOLD_MEMBER = "NewHouseHoldMember"

    def name_in(self, generation: Generation) -> str:
        """Return the name in a generation of the standard: the later one writes those of one word in lower case."""
        is_lower = generation == "2026-02" and self is not EventType.NEW_HOUSEHOLD_MEMBER
        return self.value.lower() if is_lower else self.value


class Event(Enum):
    """What happened to a record that a subscription sees, which may be a part of the registry."""

    REGISTERED = "registered"
    ENTERED = "entered"  # it was there, and matches the filter now
    UPDATED = "updated"
    JOINED = "joined"  # by a new member of the group, or the person joined a new household
    LEFT = "left"  # it is still there, and matches the filter no more
    DEREGISTERED = "deregistered"

    @property
    def notified_as(self) -> EventType:
        """The type under which it is reported: to a subscriber, what its filter does not match is not registered."""
        return _NOTIFIED_AS[self]

    @property
    def ends_sight(self) -> bool:
        """Whether the subscriber sees the record no more: it is sent the identifiers that it knows, nothing else."""
        return self in {Event.LEFT, Event.DEREGISTERED}


_NOTIFIED_AS = {
    Event.REGISTERED: EventType.REGISTER,
    Event.ENTERED: EventType.REGISTER,
    Event.UPDATED: EventType.UPDATE,
    Event.JOINED: EventType.NEW_HOUSEHOLD_MEMBER,
    Event.LEFT: EventType.DEREGISTER,
    Event.DEREGISTERED: EventType.DEREGISTER,
}
# The names that partners send beside the standard's: OpenSPP2 and MOSIP.
_ALIASES = {
    "registration": EventType.REGISTER,
    "datamodification": EventType.UPDATE,
    "delete": EventType.DEREGISTER,
}
_TYPES = {folded(type_.value): type_ for type_ in EventType} | _ALIASES


def find_event_type(name: str) -> EventType | None:
    """Return the event type with this name, in any spelling; None if the registry has no such events."""
    return _TYPES.get(folded(name))
