"""The four steps of a rotation, as Secrets Manager asks for them; `token` names the version that they are about.

- create stores the ring that is to come, as the version labelled `AWSPENDING`;
- set publishes its public keys beside those in use;
- test signs with its current key, and verifies that with what is published;
- finish labels it `AWSCURRENT`, which is when its current key begins to sign, and publishes it alone.

So no key ever signs whose public half is not published. Each step may be repeated, or be left unfinished and followed
by another rotation, at any place; one that comes too late fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from dci_common.oauth.key_ring import KeyRing
from dci_common.oauth.public_key_store import Jwk, PublicKeySet, State, read_published, write_published

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


class RotationError(Exception):
    """A step can not be done: another has to come before it, or the secret has moved on without it."""


class Rotation:
    """Rotates the ring of signing keys that a secret holds."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._secrets = runtime.secrets

    def create(self, secret_id: str, token: str) -> None:
        """Make the ring that is to come, unless it is made. Raises botocore's errors, as each step does."""
        if self._current_version(secret_id) == token or self._pending(secret_id, token):
            return
        present, now = self._present(secret_id), self._runtime.clock()
        over = {key.kid for key in self._published().keys if key.is_over(now)}
        algorithm = self._runtime.settings.signing_algorithm
        ring = present.successor(algorithm, over) if present else KeyRing.new(algorithm)
        try:
            self._secrets.put_secret_value(
                SecretId=secret_id,
                ClientRequestToken=token,
                SecretString=ring.to_secret(),
                VersionStages=["AWSPENDING"],
            )
        except self._secrets.exceptions.ResourceExistsException:
            return  # the step runs twice at once, and the other was first

    def set(self, secret_id: str, token: str) -> None:
        """Publish the keys of the ring that is to come beside those in use. Raises RotationError."""
        published = self._published()  # read first: if anything is newer than it, it is not overwritten
        if self._current_version(secret_id) == token:
            return
        coming, present = self._coming(secret_id, token), self._present(secret_id)
        in_use = present.public_keys() if present else []
        known = {jwk["kid"] for jwk, _ in in_use}
        pending: list[tuple[Jwk, State]] = [
            (jwk, "pending") for jwk, _ in coming.public_keys() if jwk["kid"] not in known
        ]
        self._publish(published, [*in_use, *pending])

    def test(self, secret_id: str, token: str) -> None:
        """Check that what the coming ring signs is verified by what is published. Raises RotationError or PyJWT's."""
        if self._current_version(secret_id) == token:
            return
        coming = self._coming(secret_id, token)
        published = {key.kid: key.jwk for key in self._published().keys}
        if any(jwk["kid"] not in published for jwk, _ in coming.public_keys()):
            raise RotationError("The keys of the coming ring are not all published.")
        key = coming.current
        signed = jwt.encode({}, key.private_key, algorithm=key.alg)
        jwt.decode(signed, jwt.PyJWK(published[key.kid], key.alg), algorithms=[key.alg])

    def finish(self, secret_id: str, token: str) -> None:
        """Put the coming ring in force, and publish it alone. Raises RotationError."""
        published = self._published()
        version = self._current_version(secret_id)
        if version != token:
            self.test(secret_id, token)
            self._secrets.update_secret_version_stage(
                SecretId=secret_id,
                VersionStage="AWSCURRENT",
                MoveToVersionId=token,
                RemoveFromVersionId=version,
            )
        ring = self._present(secret_id)
        if ring is not None:
            self._publish(published, ring.public_keys())

    def _coming(self, secret_id: str, token: str) -> KeyRing:
        """Return the ring that this rotation made, if it still follows the one in force."""
        coming, present = self._pending(secret_id, token), self._present(secret_id)
        if coming is None or (present and present.next != coming.current):
            raise RotationError("This rotation has no ring, or another rotation has overtaken it.")
        return coming

    def _pending(self, secret_id: str, token: str) -> KeyRing | None:
        if "AWSPENDING" not in self._labels(secret_id).get(token, []):
            return None
        try:
            version = self._secrets.get_secret_value(SecretId=secret_id, VersionId=token)
        except self._secrets.exceptions.ResourceNotFoundException:
            return None  # Secrets Manager has named the version, but there is nothing in it yet
        return KeyRing.from_secret(version["SecretString"])

    def _present(self, secret_id: str) -> KeyRing | None:
        return KeyRing.from_secret(
            self._secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")["SecretString"]
        )

    def _current_version(self, secret_id: str) -> str:
        return next(version for version, labels in self._labels(secret_id).items() if "AWSCURRENT" in labels)

    def _labels(self, secret_id: str) -> dict[str, list[str]]:
        return self._secrets.describe_secret(SecretId=secret_id)["VersionIdsToStages"]

    def _published(self) -> PublicKeySet:
        return read_published(self._runtime, consistent=True)

    def _publish(self, before: PublicKeySet, states: list[tuple[Jwk, State]]) -> None:
        write_published(self._runtime, before.changed(states, int(self._runtime.clock())))
