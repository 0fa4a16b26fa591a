"""Secrets Manager's part of a rotation, which moto lacks: it calls the rotation function for each step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from moto.secretsmanager.models import SecretsManagerBackend

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def rotate(handler: LambdaHandler, secret_id: str, token: str = "") -> None:
    """Rotate a secret with the handler of its rotation function; `token` names the rotation."""
    token = token or str(uuid.uuid4())
    for step in STEPS:
        handler({"Step": step, "SecretId": secret_id, "ClientRequestToken": token}, None)


@contextmanager
def rotating(handler: LambdaHandler) -> Iterator[None]:
    """Make RotateSecret rotate the secret with this handler before it returns."""

    def rotate_now(
        _: SecretsManagerBackend, secret_id: str, client_request_token: str | None = None, **_options: object
    ) -> str:
        rotate(handler, secret_id, client_request_token or "")
        return json.dumps({"Name": secret_id})

    with patch.object(SecretsManagerBackend, "rotate_secret", rotate_now):
        yield
