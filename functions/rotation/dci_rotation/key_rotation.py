"""Rotation of a ring of signing keys, in the four steps of Secrets Manager; `token` names the secret's new version.

- create stores the new ring, as the version labelled `AWSPENDING`;
- set publishes its public keys beside those in use;
- test signs with its current keys, and verifies the signatures with the published keys;
- finish labels it `AWSCURRENT`, from when on its current keys sign, and publishes only its keys.

A key therefore never signs before its public half is published. Each step is idempotent. A rotation may stop after
any step and be followed by another one; a step of a rotation that was overtaken fails.

A rotation that replaces the ring (REPLACING) makes all keys anew, and step `set` publishes these alone: from then on
nothing accepts the old keys, nor do they sign. If such a rotation stops there, the next one replaces the ring too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from dci_common.oauth.key_ring import REPLACING, KeyRing
from dci_common.oauth.public_key_store import Jwk, PublicKeySet, State, read_public_keys, write_public_keys
from dci_rotation.rings import ring_of

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


class RotationError(Exception):
    """A step cannot be done: a step before it is missing, or another rotation has overtaken this one."""


class KeyRotation:
    """Rotates the ring of signing keys that a secret holds."""

    def __init__(self, runtime: Runtime, secret_id: str) -> None:
        self._runtime = runtime
        self._secret_id = secret_id
        self._ring = ring_of(secret_id, runtime.settings)
        self._secrets = runtime.secrets

    def create(self, token: str) -> None:
        """Store the new ring, unless it is stored already. Raises botocore's errors, as every step does."""
        if self._current_version() == token or self._pending(token):
            return
        ring = self._next_ring(token)
        try:
            self._secrets.put_secret_value(
                SecretId=self._secret_id,
                ClientRequestToken=token,
                SecretString=ring.to_secret(),
                VersionStages=["AWSPENDING"],
            )
        except self._secrets.exceptions.ResourceExistsException:
            return  # the step runs twice concurrently, and the other was first

    def set(self, token: str) -> None:
        """Publish the keys of the new ring beside those in use. Raises RotationError."""
        published = self._published()  # read first, so that a newer revision is not overwritten
        if self._current_version() == token:
            return
        new, followed = self._new_ring(token), self._followed_ring(token, published)
        in_use = followed.public_keys() if followed else []
        known = {jwk["kid"] for jwk, _ in in_use}
        pending: list[tuple[Jwk, State]] = [
            (jwk, "pending") for jwk, _ in new.public_keys() if jwk["kid"] not in known
        ]
        self._publish(published, [*in_use, *pending])

    def test(self, token: str) -> None:
        """Verify signatures of the new ring with the published keys. Raises RotationError or PyJWT's errors."""
        if self._current_version() == token:
            return
        new = self._new_ring(token)
        published = {key.kid: key.jwk for key in self._published().keys}
        if any(jwk["kid"] not in published for jwk, _ in new.public_keys()):
            raise RotationError("Not all keys of the new ring are published.")
        for key in new.current:
            signed = jwt.encode({}, key.private_key, algorithm=key.alg)
            jwt.decode(signed, jwt.PyJWK(published[key.kid], key.alg), algorithms=[key.alg])

    def finish(self, token: str) -> None:
        """Make the new ring the current one, and publish only its keys. Raises RotationError.

        Its current keys are published already, unless all keys were revoked since: then those stay revoked.
        """
        published = self._published()
        version = self._current_version()
        if version != token:
            self.test(token)
            self._secrets.update_secret_version_stage(
                SecretId=self._secret_id,
                VersionStage="AWSCURRENT",
                MoveToVersionId=token,
                RemoveFromVersionId=version,
            )
        ring = self._current_ring()
        if ring is not None and ring.is_published(key.kid for key in published.keys):
            self._publish(published, ring.public_keys())

    def _next_ring(self, token: str) -> KeyRing:
        """Return the ring that follows the current one, or the first one."""
        published, new = self._published(), self._ring.generate()
        followed = self._followed_ring(token, published)
        if followed is None:
            return KeyRing(next=new, current=self._ring.generate())
        now = self._runtime.clock()
        return followed.rotated(new, {key.kid for key in published.keys if published.is_expired(key, now)})

    def _new_ring(self, token: str) -> KeyRing:
        """Return the ring that this rotation stored, if it still follows the current one."""
        new = self._pending(token)
        followed = self._followed_ring(token, self._published())
        if new is None or (followed and followed.next != new.current):
            raise RotationError("This rotation has no ring, or another rotation has overtaken it.")
        return new

    def _followed_ring(self, token: str, published: PublicKeySet) -> KeyRing | None:
        """Return the current ring, whose keys the new one takes over; None where it is empty or to be replaced."""
        current = self._current_ring()
        if current is None or token.startswith(REPLACING):
            return None
        return current if current.is_published(key.kid for key in published.keys) else None

    def _pending(self, token: str) -> KeyRing | None:
        if "AWSPENDING" not in self._labels().get(token, []):
            return None
        try:
            version = self._secrets.get_secret_value(SecretId=self._secret_id, VersionId=token)
        except self._secrets.exceptions.ResourceNotFoundException:
            return None  # Secrets Manager has labelled the version before it has a value
        return KeyRing.from_secret(version["SecretString"])

    def _current_ring(self) -> KeyRing | None:
        return KeyRing.from_secret(
            self._secrets.get_secret_value(SecretId=self._secret_id, VersionStage="AWSCURRENT")["SecretString"]
        )

    def _current_version(self) -> str:
        return next(version for version, labels in self._labels().items() if "AWSCURRENT" in labels)

    def _labels(self) -> dict[str, list[str]]:
        return self._secrets.describe_secret(SecretId=self._secret_id)["VersionIdsToStages"]

    def _published(self) -> PublicKeySet:
        return read_public_keys(self._runtime, self._ring.use, consistent=True)

    def _publish(self, before: PublicKeySet, states: list[tuple[Jwk, State]]) -> None:
        write_public_keys(self._runtime, before.with_states(states, int(self._runtime.clock())))
