"""When a receiver wants to be called again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dci_common.outbound.answers import MAX_RETRY_AFTER, read_retry_after

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        (["0"], 0),
        ([" 120 "], 120),
        (["00060"], 60),
        (["86400"], MAX_RETRY_AFTER),
        (["86401"], MAX_RETRY_AFTER),
        (["9" * 60_000], MAX_RETRY_AFTER),
        (["0" * 60_000], 0),
        (["-1"], None),
        (["1.5"], None),
        (["٣"], None),
        (["soon"], None),
        ([""], None),
        (["30", "60"], 30),
        (["Thu, 01 Jan 2026 00:02:00 GMT"], 120),
        (["Thursday, 01-Jan-26 00:02:00 GMT"], 120),
        (["Thu Jan  1 00:02:00 2026"], 120),
        (["Wed, 31 Dec 2025 23:59:59 GMT"], 0),
        (["Fri, 01 Jan 2027 00:00:00 GMT"], MAX_RETRY_AFTER),
        (["Thu, 99 Jan 2026 00:02:00 GMT"], None),
        (["Thu, 01 Jan 2026 00:02:00 GMT" + " " * 60_000 + "x"], None),
    ],
)
def test_retry_after_is_seconds_or_a_date(values: list[str], expected: int | None) -> None:
    """Retry-After is read as seconds or as any of HTTP's dates, and is a day at most."""
    assert read_retry_after(values, NOW) == expected


@given(st.lists(st.text(st.characters(max_codepoint=255))))
def test_no_retry_after_fails(values: list[str]) -> None:
    """Whatever a receiver sends is a number within the bounds, or nothing."""
    seconds = read_retry_after(values, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER
