"""The names of event types: all spellings of one type mean it, and each generation gets its own."""

from __future__ import annotations

import pytest

from dci_common.subscriptions.event_types import Event, EventType, find_event_type


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("REGISTER", EventType.REGISTER),
        ("register", EventType.REGISTER),
        ("REGISTRATION", EventType.REGISTER),
        ("spdci-common:RegistryEventType:Register", EventType.REGISTER),
        ("UPDATE", EventType.UPDATE),
        ("DATA_MODIFICATION", EventType.UPDATE),
        ("DEREGISTER", EventType.DEREGISTER),
        ("de-register", EventType.DEREGISTER),
        ("DELETE", EventType.DEREGISTER),
        ("NewHouseHoldMember", EventType.NEW_HOUSEHOLD_MEMBER),
        ("spdci:common:RegistryEventType:NewHouseHoldMember", EventType.NEW_HOUSEHOLD_MEMBER),
        ("new_household member", EventType.NEW_HOUSEHOLD_MEMBER),
    ],
)
def test_a_name_is_found_in_any_spelling(name: str, found: EventType) -> None:
    """Prefix, case and separators make no difference, and neither do the names that partners use instead."""
    assert find_event_type(name) is found


@pytest.mark.parametrize("name", ["", "*", "BIRTH", "LiveBirth", "REGISTER UPDATE", "register:", "enrollement"])
def test_another_name_is_none(name: str) -> None:
    """An event that a social registry does not have, or several at once, is no event type."""
    assert find_event_type(name) is None


@pytest.mark.parametrize("generation", ["2025-12", "2026-02"])
@pytest.mark.parametrize("event_type", EventType)
def test_a_name_that_is_sent_is_understood(event_type: EventType, generation: str) -> None:
    """A partner may subscribe by the name under which events are sent to it."""
    assert find_event_type(event_type.name_in(generation)) is event_type  # type: ignore[arg-type] # of two literals


def test_the_later_generation_is_in_lower_case() -> None:
    """The files of February 2026 have `register`, those of December 2025 `REGISTER`."""
    assert [type_.name_in("2026-02") for type_ in EventType] == [
        "register",
        "update",
        "deregister",
        "NewHouseHoldMember",
    ]
    assert [type_.name_in("2025-12") for type_ in EventType] == list(EventType)


def test_a_filter_is_the_registry_of_its_subscriber() -> None:
    """Entering a filter is sent as a registration, and leaving it as its end, with identifiers alone."""
    assert (Event.ENTERED.notified_as, Event.LEFT.notified_as) == (EventType.REGISTER, EventType.DEREGISTER)
    assert [event for event in Event if event.ends_sight] == [Event.LEFT, Event.DEREGISTERED]
