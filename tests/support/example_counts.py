"""How much is explored: a sample in `make test`, every kind in `make check`, and more in `make exhaustive`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings

EXAMPLES = int(os.environ.get("DCI_TEST_EXAMPLES", "10"))


def reproduce() -> None:
    """Let Hypothesis draw so many examples, and the same ones each time, so that a failure comes again."""
    settings.register_profile(
        "reproducible",
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,  # nothing depends on how fast the machine is
        print_blob=False,
    )
    settings.load_profile("reproducible")


def some(part: float) -> int:
    """Return a part of the examples, for tests of which each takes as long as many others."""
    return max(1, int(EXAMPLES * part))


def sampled(cases: Sequence[Any], quick: int = 1) -> list[Any]:
    """Return the cases of a parametrized test: the first few run in `make test`, the others are exhaustive."""
    marks = [()] * quick + [pytest.mark.exhaustive] * (len(cases) - quick)
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=mark)
        for case, mark in zip(cases, marks, strict=True)
    ]
