"""POST /keys/revoke: stolen signing keys end at once, and no later or unfinished rotation brings one back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from dci_cli.local.rotation import STEPS, rotate, rotating
from dci_common.oauth.key_ring import REPLACING, KeyRing, SigningKey
from dci_common.oauth.public_key_store import KeyUse, read_public_keys
from dci_common.oauth.tokens import sign_token
from dci_rotation import app as rotation_app
from dci_rotation.key_rotation import RotationError
from support.api import Api, identified
from support.call_trace import hooked
from support.events import event

_NOTICED = 60
_names = itertools.count()


@dataclass
class Stolen:
    """A deployment whose ring a thief has read, and a client whose tokens the thief forges."""

    new: Callable[..., Api]
    api: Api
    ring: KeyRing

    @property
    def kids(self) -> set[str]:
        return {str(jwk["kid"]) for jwk, _ in self.ring.public_keys()}

    @property
    def published(self) -> set[str]:
        return {key.kid for key in read_public_keys(self.api.runtime, KeyUse.TOKENS, consistent=True).keys}

    @property
    def ring_now(self) -> KeyRing:
        return ring_of(self.api)

    def fresh(self) -> Api:
        """Functions that remember nothing, at the same time of day."""
        api = self.new()
        api.clock.now = self.api.clock.now
        return api

    def forged(self, key: SigningKey) -> str:
        """Return a token for a client that may search, signed with a key."""
        runtime = self.api.runtime
        client, _ = self.api.client()
        now = int(self.api.clock())
        return sign_token(key, client, ("registry.search",), runtime.settings.issuer, now, runtime.random_bytes(16))

    def step(self, step: str, rotation: str) -> None:
        sent = {"Step": step, "SecretId": self.api.runtime.settings.signing_keys_secret}
        rotation_app.create_app(self.api.runtime)({**sent, "ClientRequestToken": rotation}, None)

    def revoke(self) -> None:
        token = self.api.token_of(scopes=("clients.manage",))
        reply = self.api.send(event("keys_revoke", token=token))
        assert (reply.status, reply.json, reply.headers["Location"]) == (202, {"status": "started"}, "/keys")

    def check_clean(self) -> None:
        """Check that the deployment works, and that nothing stolen is left of its keys."""
        assert self.kids.isdisjoint(self.published)
        assert self.kids.isdisjoint(str(jwk["kid"]) for jwk, _ in self.ring_now.public_keys())
        fresh = self.fresh()
        assert answers(fresh, fresh.token_of()) == 200
        for key in (*self.ring.current, *self.ring.next):
            assert answers(fresh, self.forged(key)) == 401


def ring_of(api: Api) -> KeyRing:
    """Return the ring in force."""
    secret_id = api.runtime.settings.signing_keys_secret
    secret = api.runtime.secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
    ring = KeyRing.from_secret(secret["SecretString"])
    assert ring is not None
    return ring


def answers(api: Api, token: str) -> int:
    """Search with a token, and return the status."""
    return api.search(identified("UIN", "847951632"), token=token).status


def name(prefix: str = "") -> str:
    """Return a new rotation's name."""
    return f"{prefix}rotation-{next(_names):032}"


@pytest.fixture
def stolen(own_api: Callable[..., Api]) -> Iterator[Stolen]:
    """Return a deployment that rotated twice, so that it has a retired key too, on an engine that rotates."""
    api = own_api()
    rotation = rotation_app.create_app(api.runtime)
    for _ in range(2):
        rotate(rotation, api.runtime.settings.signing_keys_secret)
    with rotating(rotation):
        yield Stolen(own_api, api, ring_of(api))


def test_every_key_is_replaced(stolen: Stolen) -> None:
    """After the revocation current, next and retired keys are gone, and the deployment goes on with new ones."""
    assert len(stolen.kids) == 3
    stolen.revoke()
    stolen.check_clean()
    assert len(stolen.published) == 2


@pytest.mark.parametrize("which", ["current", "next"])
def test_forged_tokens_end_within_a_minute(stolen: Stolen, which: str) -> None:
    """Functions that know the stolen key reject its tokens within 60 seconds, and accept those of the new key."""
    forged, warm = stolen.forged(getattr(stolen.ring, which)[0]), stolen.api
    assert answers(warm, forged) == 200
    stolen.revoke()
    warm.clock.advance(_NOTICED)
    assert answers(warm, forged) == 401
    assert answers(warm, warm.token_of()) == 200


def test_a_warm_token_function_signs_with_no_revoked_key(stolen: Stolen) -> None:
    """A token function that has cached the ring takes the new one as soon as it notices."""
    assert key_of(stolen.api.token_of()) == stolen.ring.current[0].kid
    stolen.revoke()
    stolen.api.clock.advance(_NOTICED)
    assert key_of(stolen.api.token_of()) == stolen.ring_now.current[0].kid
    assert stolen.ring_now.current[0].kid not in stolen.kids


def key_of(token: str) -> str:
    """Return the id of the key that signed a token."""
    return str(jwt.get_unverified_header(token)["kid"])


@pytest.mark.parametrize("is_warm", [False, True])
def test_until_the_new_keys_are_in_force_no_token_is_issued(stolen: Stolen, *, is_warm: bool) -> None:
    """While a revocation is half done the token endpoint answers 503 rather than sign with a revoked key."""
    client, secret = stolen.api.client()
    assert stolen.api.token(client, secret).status == 200
    revocation = name(REPLACING)
    for step in STEPS[:2]:
        stolen.step(step, revocation)
    stolen.api.clock.advance(_NOTICED)
    api = stolen.api if is_warm else stolen.fresh()
    reply = api.token(client, secret)
    assert (reply.status, reply.json["error"]) == (503, "temporarily_unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    for step in STEPS[2:]:
        stolen.step(step, revocation)
    assert key_of(api.token(client, secret).json["access_token"]) == stolen.ring_now.current[0].kid


@pytest.mark.exhaustive
@pytest.mark.parametrize("done", range(1, len(STEPS) + 1))
def test_no_rotation_brings_a_revoked_key_back(stolen: Stolen, done: int) -> None:
    """An ordinary rotation after a revocation that was broken off once it took effect replaces the ring as well."""
    revocation = name(REPLACING)
    for step in STEPS[:done]:
        stolen.step(step, revocation)
    if done == 1:  # nothing was revoked yet: the revocation is repeated
        stolen.revoke()
    rotate(rotation_app.create_app(stolen.api.runtime), stolen.api.runtime.settings.signing_keys_secret)
    stolen.check_clean()
    for step in STEPS[1:]:
        if done < len(STEPS):
            with pytest.raises(RotationError):
                stolen.step(step, revocation)
    stolen.check_clean()


@pytest.mark.exhaustive
@pytest.mark.parametrize("done", range(1, len(STEPS)))
def test_an_unfinished_rotation_brings_no_revoked_key_back(stolen: Stolen, done: int) -> None:
    """A rotation that began before the revocation, and was overtaken by it, fails."""
    older = name()
    for step in STEPS[:done]:
        stolen.step(step, older)
    stolen.revoke()
    for step in STEPS[1:]:
        with pytest.raises(RotationError):
            stolen.step(step, older)
    stolen.check_clean()


@pytest.mark.exhaustive
@pytest.mark.parametrize("done", range(2, len(STEPS) + 1))
def test_the_last_step_of_the_latest_rotation_brings_no_revoked_key_back(stolen: Stolen, done: int) -> None:
    """When AWS repeats the last step of a finished rotation during a revocation, the revoked keys stay revoked."""
    latest, revocation = name(), name(REPLACING)
    for step in STEPS:
        stolen.step(step, latest)
    stolen.ring = stolen.ring_now
    for step in STEPS[:done]:
        stolen.step(step, revocation)
    if done < len(STEPS):
        stolen.step("finishSecret", latest)
    assert stolen.kids.isdisjoint(stolen.published)
    for step in STEPS[done:]:
        stolen.step(step, revocation)
    stolen.check_clean()


class _BrokenError(Exception):
    pass


@pytest.mark.exhaustive
def test_an_interrupted_revocation_can_be_completed(stolen: Stolen) -> None:
    """Broken off at any call to AWS and run again, a revocation ends in a ring of new keys."""
    for broken in itertools.count():
        revocation, calls = name(REPLACING), itertools.count()

        def fail(*_: Any, broken: int = broken, calls: itertools.count[int] = calls) -> None:
            if next(calls) == broken:
                raise _BrokenError

        before, finished = stolen.ring_now, True
        with hooked(stolen.api.runtime, fail):
            try:
                for step in STEPS:
                    stolen.step(step, revocation)
            except _BrokenError:
                finished = False
        if finished:
            break
        for step in STEPS:
            stolen.step(step, revocation)
        stolen.check_clean()
        assert before.current[0].kid not in stolen.published
    assert broken > 10
