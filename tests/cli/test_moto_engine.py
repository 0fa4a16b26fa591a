"""The embedded engine's environment."""

from __future__ import annotations

import os

import boto3
import pytest

from dci_cli.local import moto_engine


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
