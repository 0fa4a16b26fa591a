"""`dci doctor` against the functions in their containers."""

from __future__ import annotations

import json

import pytest

from dci_cli.__main__ import main
from support.server_process import ServerProcess


@pytest.mark.parametrize("who", ["partner", "admin"])
def test_doctor_finds_no_problem(api: ServerProcess, capsys: pytest.CaptureFixture[str], who: str) -> None:
    """No check of `dci doctor` fails: headers, bodies, tokens and times arrive as the handlers sent them."""
    client = api.credentials[who]
    options = [f"--{name.replace('_', '-')}={value}" for name, value in client.items()]
    assert main(["doctor", "--api", api.base_url, "--json", *options]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["check"] for finding in findings if finding["outcome"] == "failed"} == set()
    skipped = {finding["check"] for finding in findings if finding["outcome"] == "skipped"}
    assert skipped == {"partner": {"key age", "subscribers"}, "admin": {"search"}}[who]
