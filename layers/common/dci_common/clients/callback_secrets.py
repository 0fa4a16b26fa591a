"""The secrets that partners gave for their callbacks: stored and deleted here, read by the delivery alone.

A secret of Secrets Manager belongs to one client, whose registration names the version in use. A new version is
therefore stored before the registration changes, and is not used until then, nor ever if that fails. That of a new
client that waits for a second person expires with the proposal. That of an update that is never approved stays, as a
version that nothing uses, until the client's secret is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dci_common.clients.proposal import LIFETIME_SECONDS
from dci_common.errors import Unavailable

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


_DAYS = LIFETIME_SECONDS // 86_400 + 1


@dataclass(frozen=True, slots=True)
class NewCallbackSecret:
    """A secret as a request carries it, and the id of the version that it becomes."""

    version: str
    value: str = field(repr=False)

    @classmethod
    def of(cls, value: str, random_bytes: Callable[[int], bytes]) -> NewCallbackSecret:
        """Return the secret with an id for its version."""
        return cls(str(uuid.UUID(bytes=random_bytes(16), version=4)), value)


class CallbackSecrets:
    """Writes the secrets for callbacks. Every method may be repeated, and raises Unavailable or botocore's errors."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def put(self, client_id: str, secret: NewCallbackSecret) -> None:
        """Store a secret as the newest version of the client's, which is created if there is none."""
        secrets = self._runtime.secrets
        version: Any = {"ClientRequestToken": secret.version, "SecretString": secret.value}
        try:
            try:
                secrets.create_secret(Name=self._name(client_id), **version, **self._key())
            except secrets.exceptions.ResourceExistsException:
                secrets.put_secret_value(SecretId=self._name(client_id), **version)
        except (secrets.exceptions.InvalidRequestException, secrets.exceptions.ResourceNotFoundException) as error:
            message = "The client's former secret for callbacks is being deleted: try again shortly."
            raise Unavailable(message, retry_after=5) from error

    def expire(self, client_id: str) -> None:
        """Have a client's secret deleted a day after its registration cannot be approved any more, unless it is kept.

        Until then nobody can read it.
        """
        secrets = self._runtime.secrets
        with suppress(secrets.exceptions.InvalidRequestException):  # it expires already
            secrets.delete_secret(SecretId=self._name(client_id), RecoveryWindowInDays=_DAYS)

    def keep(self, client_id: str) -> None:
        """Keep a client's secret that would expire."""
        self._runtime.secrets.restore_secret(SecretId=self._name(client_id))

    def delete(self, client_id: str) -> None:
        """Delete all versions of a client's secret, at once; there may be none."""
        self._runtime.secrets.delete_secret(SecretId=self._name(client_id), ForceDeleteWithoutRecovery=True)

    def _name(self, client_id: str) -> str:
        return f"{self._runtime.settings.callback_secrets}{client_id}"

    def _key(self) -> Any:  # noqa: ANN401 - an optional argument
        key = self._runtime.settings.callback_secrets_key
        return {"KmsKeyId": key} if key else {}
