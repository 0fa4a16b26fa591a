"""The embedded engine: its environment, and its answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import boto3
import pytest

from dci_cli.local import moto_engine
from support.events import ROOT


def test_nothing_of_the_users_aws_is_seen_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside there is the engine's own region and made-up credentials; afterwards all is as it was."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.setenv(name, "the user's own")
    before = dict(os.environ)
    with moto_engine.running():
        assert "the user's own" not in os.environ.values()
        client = boto3.Session().client("dynamodb")
        assert client.meta.endpoint_url == "https://dynamodb.eu-west-1.amazonaws.com"
    assert dict(os.environ) == before


def asked(*ways: str) -> Any:
    """Ask moto in a process of its own."""
    path = os.pathsep.join(str(ROOT / folder) for folder in ("tests", "cli", "layers/common"))
    command = [sys.executable, "-m", "support.moto_answers", *ways]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(command, env=variables | {"PYTHONPATH": path}, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.exhaustive
def test_the_shorter_ways_lead_to_the_same_answers() -> None:
    """Moto answers every kind of request as it would have without our shorter ways through it."""
    shorter, usual = asked("shorter"), asked()
    assert shorter == usual
    answered = Counter("refused" if "Error" in answer else "answered" for _, answer in usual)
    assert answered["refused"] == 4
    assert answered["answered"] > 50
