"""A deployment whose signing keys are rotated, through the function's real handler."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from dci_cli.local.rotation import STEPS, rotate
from dci_common.oauth.key_ring import KeyRing
from dci_common.oauth.public_key_store import KeyUse, PublicKey, read_public_keys
from dci_common.runtime import LambdaHandler
from dci_common.signatures.message_keys import MessageKeys
from dci_rotation import app as rotation_app
from support.api import Api, identified

_numbers = itertools.count(1)


@dataclass
class Deployment:
    """A deployment with keys of its own, over the demo registry."""

    new: Callable[..., Api]
    api: Api
    use: KeyUse = KeyUse.TOKENS

    @property
    def secret_id(self) -> str:
        settings = self.api.runtime.settings
        return settings.signing_keys_secret if self.use is KeyUse.TOKENS else settings.message_keys_secret

    @property
    def rotation(self) -> LambdaHandler:
        """A fresh rotation function."""
        return rotation_app.create_app(self.api.runtime)

    def step(self, step: str, token: str) -> None:
        """Do one step of a rotation."""
        self.rotation({"Step": step, "SecretId": self.secret_id, "ClientRequestToken": token}, None)

    def steps(self, token: str, *steps: str) -> None:
        """Do some steps of a rotation, or all."""
        for step in steps or STEPS:
            self.step(step, token)

    def rotate(self) -> None:
        rotate(self.rotation, self.secret_id)

    @property
    def ring(self) -> KeyRing | None:
        """The ring in force."""
        secret = self.api.runtime.secrets.get_secret_value(SecretId=self.secret_id, VersionStage="AWSCURRENT")
        return KeyRing.from_secret(secret["SecretString"])

    @property
    def published(self) -> dict[str, PublicKey]:
        return {key.kid: key for key in read_public_keys(self.api.runtime, self.use, consistent=True).keys}

    def fresh(self, **changes: Any) -> Api:
        """Functions that remember nothing, at the same time of day."""
        api = self.new(**changes)
        api.clock.now = self.api.clock.now
        return api

    def check(self) -> None:
        """Check that the ring is whole and is what is published, and that its current keys sign."""
        ring = self.ring
        assert ring is not None
        states = ring.public_keys()
        assert {kid: (key.jwk, key.state) for kid, key in self.published.items()} == {
            jwk["kid"]: (jwk, state) for jwk, state in states
        }
        assert len(self.published) == len(states)
        if self.use is KeyUse.MESSAGES:
            keys = MessageKeys(self.fresh().runtime)
            assert tuple(keys.current(key.alg) for key in ring.current) == ring.current
            return
        token = self.fresh().token_of()
        assert (jwt.get_unverified_header(token)["kid"],) == tuple(key.kid for key in ring.current)
        assert answers(self.fresh(), token) == 200


def token_name() -> str:
    """Return a new rotation's token."""
    return f"rotation-{next(_numbers):032}"


def answers(api: Api, token: str) -> int:
    """Search with a token, and return the status."""
    return api.search(identified("UIN", "847951632"), token=token).status
