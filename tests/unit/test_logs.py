"""The output of log lines: their form, and which are written."""

from __future__ import annotations

import json

import pytest

from dci_common import logs
from dci_common.logs import Output


@pytest.mark.parametrize(
    ("variable", "level"), [("WARNING", "WARNING"), ("error", "ERROR"), ("", "INFO"), ("x", "INFO")]
)
def test_the_level_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str, level: str) -> None:
    """LOG_LEVEL is the least level of the lines, and INFO where it is none."""
    monkeypatch.setenv("LOG_LEVEL", variable)
    assert logs.output.__wrapped__().level == level


def test_lines_below_the_level_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is one JSON object, and is written where its level is not below that of the output."""
    lines: list[str] = []
    output = Output("WARNING", lines.append)
    monkeypatch.setattr(logs, "output", lambda: output)
    logs.log_rotation("finishSecret", "t")
    logs.log_key_set_unavailable("c", "no\nanswer")
    [line] = lines
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert json.loads(line).items() >= {"level": "WARNING", "service": "dci", "reason": "no\nanswer"}.items()


def test_lines_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is written to what stdout is at that time."""
    Output("INFO").add("INFO", "x", {})
    assert json.loads(capsys.readouterr().out)["message"] == "x"
