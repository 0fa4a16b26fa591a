"""When a delivery is attempted again: soon at first, then every twelve hours, for three days."""

from __future__ import annotations

from collections.abc import Callable

_DELAYS = (5, 60, 300, 1_800, 7_200, 18_000, 36_000)  # seconds after the first attempts
_LONGEST = 43_200
GIVEN_UP_AFTER = 3 * 86_400  # seconds after the first attempt
_JITTER = 0.1
_LEAST = 60  # seconds before the end in which no attempt is worth the trouble


def next_attempt(
    attempts: int, first: int, now: int, asked: int | None, uniform: Callable[[float, float], float]
) -> int | None:
    """Return when the next attempt is due, in epoch seconds; None when the delivery is given up.

    `attempts` were made, the `first` of them at that second. The receiver may have `asked` for more seconds of pause.
    """
    end = first + GIVEN_UP_AFTER
    if now > end - _LEAST:
        return None
    usual = _DELAYS[attempts - 1] if attempts <= len(_DELAYS) else _LONGEST
    delay = usual * uniform(1, 1 + _JITTER)
    return min(now + max(round(delay), asked or 0), end)
