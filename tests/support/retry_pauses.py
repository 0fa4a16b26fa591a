"""Retries that do not wait."""

from __future__ import annotations

from collections.abc import Callable

from dci_common.aws.retry import Retry


def retry_with_sleep(sleep: Callable[[float], object]) -> Retry:
    """Return retries whose pauses are as long as they may be, and are given to `sleep`."""
    return Retry(sleep, lambda _, high: high)


NO_PAUSES = retry_with_sleep(lambda _: None)
