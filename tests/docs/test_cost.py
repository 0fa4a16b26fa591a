"""That docs/operations.md says what a deployment costs."""

from __future__ import annotations

import pytest

from support.events import ROOT
from support.printed_tables import printed_by

DOCUMENT = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.exhaustive
def test_the_table_of_costs_is_what_the_command_prints() -> None:
    """The numbers are those of `make cost`, which counts the units of this checkout."""
    assert printed_by("cost.py") in DOCUMENT


def test_a_price_has_a_region_and_a_date() -> None:
    """The table names the region of the prices, and their month."""
    assert "| us-east-1, prices of 2025-06 | dollars |" in DOCUMENT
