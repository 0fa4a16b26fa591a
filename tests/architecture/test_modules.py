"""The modules: none is so long that it is more than one thing."""

from __future__ import annotations

import pytest

from support.events import ROOT

MAX_LINES = 260  # most have fewer than 200


@pytest.mark.parametrize("folder", ["layers", "functions", "cli", "tests", "bench"])
def test_no_module_is_too_long(folder: str) -> None:
    """A module that grows longer is divided by what it does."""
    modules = list((ROOT / folder).rglob("*.py"))
    lines = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in modules}
    assert lines
    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}
