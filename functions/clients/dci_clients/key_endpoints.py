"""The endpoints of the signing keys: their published state, their rotation and their revocation."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from dci_common.clients.administration import Administration
from dci_common.edge.http import Request, Response
from dci_common.errors import Conflict
from dci_common.oauth.key_ring import REPLACING
from dci_common.oauth.public_key_store import KEPT_SECONDS, PublicKey, read_public_keys
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.changes import Caller
    from dci_common.runtime import Runtime


class KeyEndpoints:
    """Endpoints of the signing keys."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._administration = Administration(runtime)

    def published(self, _: Request) -> Response:
        """Return each published key with its state; tokens of a retired key are accepted `until` then."""
        now = self._runtime.clock()
        published = read_public_keys(self._runtime, consistent=True).keys
        return Response.of(200, {"keys": [_view(key) for key in published if not key.is_expired(now)]})

    def rotate(self, _: Request, caller: Caller) -> Response:
        """Start a rotation of the signing keys, which takes seconds. Raises Conflict while one is running."""
        return self._start(caller, "")

    def revoke(self, _: Request, caller: Caller) -> Response:
        """Start the replacement of all signing keys, whose tokens then end. Raises Conflict as `rotate` does."""
        return self._start(caller, REPLACING)

    def _start(self, caller: Caller, prefix: str) -> Response:
        self._administration.authorize(caller)
        rotation = uuid.UUID(bytes=self._runtime.random_bytes(16), version=4)
        try:
            self._runtime.secrets.rotate_secret(
                SecretId=self._runtime.settings.signing_keys_secret, ClientRequestToken=f"{prefix}{rotation}"
            )
        except self._runtime.secrets.exceptions.InvalidRequestException as error:
            raise Conflict(
                "A rotation is running, or an unfinished one is being retried: try again later."
            ) from error
        return Response.of(202, {"status": "started"}, {"Location": "/keys"})


def _view(key: PublicKey) -> dict[str, str]:
    until = {"until": timestamp(key.since + KEPT_SECONDS)} if key.state == "retired" else {}
    return {
        "kid": key.kid,
        "alg": str(key.jwk["alg"]),
        "state": key.state,
        "since": timestamp(key.since),
        **until,
    }
