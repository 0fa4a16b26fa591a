"""The secrets that partners gave for their callbacks: stored and deleted here, read by the delivery alone.

A secret of Secrets Manager belongs to one client, whose registration names the version in use. A new version is
therefore stored before the registration changes, and is not used until then, nor ever if that fails.

That of a change that waits for a second person is a secret of its own, because Secrets Manager deletes no single
version. Until the change is approved, nobody can read it, and it is to be deleted a day after the change expires.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dci_common.clients.model import Callbacks, held_secret
from dci_common.clients.proposal import LIFETIME_SECONDS
from dci_common.clients.store import MAX_PAGE, ClientStore
from dci_common.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.runtime import Runtime

_SIDES = ("before", "after")
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
        self._clients = ClientStore(runtime)

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

    def hold(self, client_id: str, secret: NewCallbackSecret) -> None:
        """Store the secret of a change that waits, until a day after nobody can approve it any more."""
        secrets, name = self._runtime.secrets, self._name(held_secret(client_id, secret.version))
        exceptions = secrets.exceptions
        with suppress(exceptions.ResourceExistsException, exceptions.InvalidRequestException):  # it was stored before
            secrets.create_secret(
                Name=name, ClientRequestToken=secret.version, SecretString=secret.value, **self._key()
            )
        with suppress(exceptions.InvalidRequestException):  # it expires already
            secrets.delete_secret(SecretId=name, RecoveryWindowInDays=_DAYS)

    def keep(self, client_id: str, version: str) -> None:
        """Keep the secret of a change that is approved. Raises also Conflict."""
        secrets = self._runtime.secrets
        try:
            secrets.restore_secret(SecretId=self._name(held_secret(client_id, version)))
        except secrets.exceptions.ResourceNotFoundException as error:
            raise Conflict("The secret for its callbacks was deleted: ask for the change again.") from error

    def drop(self, client_id: str, version: str) -> None:
        """Delete the secret of a change that waits or waited, at once; there may be none."""
        self._delete(held_secret(client_id, version))

    def delete_unused(self, client: Client) -> None:
        """Delete what the callbacks of a client used before the newest change in its log, and use no more."""
        if client.callbacks.auth == "none":
            self._delete(client.client_id)
        entries, _ = self._clients.log_page(client.client_id, MAX_PAGE, None)
        changes = (entry["changes"].get("callbacks", {}) for entry in entries if entry["act"] == "updated")
        versions = ([change.get(side, {}).get("secret_version", "") for side in _SIDES] for change in changes)
        former = next((before for before, after in versions if before != after), "")
        if former:
            self.drop(client.client_id, former)

    def delete(self, client: Client) -> None:
        """Delete all secrets for the callbacks of a client, at once; there may be none."""
        self.delete_unused(client._replace(callbacks=Callbacks()))
        if client.callbacks.secret_version:
            self.drop(client.client_id, client.callbacks.secret_version)

    def _delete(self, secret: str) -> None:
        self._runtime.secrets.delete_secret(SecretId=self._name(secret), ForceDeleteWithoutRecovery=True)

    def _name(self, secret: str) -> str:
        return f"{self._runtime.settings.callback_secrets}{secret}"

    def _key(self) -> Any:  # noqa: ANN401 - an optional argument
        key = self._runtime.settings.callback_secrets_key
        return {"KmsKeyId": key} if key else {}
