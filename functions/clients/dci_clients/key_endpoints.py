"""The endpoints of the signing keys, of tokens and of messages: their state, rotation and revocation."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from dci_common.clients.administration import Administration
from dci_common.edge.http import Request, Response
from dci_common.errors import Conflict
from dci_common.oauth.key_ring import REPLACING
from dci_common.oauth.public_key_store import KeyUse, PublicKey, PublicKeySet, read_public_keys
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
        """Return each published key with what it signs and its state; a retired key is published `until` then."""
        return Response.of(200, {"keys": published_keys(self._runtime)})

    def rotate(self, _: Request, caller: Caller) -> Response:
        """Start a rotation of the keys of tokens, which takes seconds. Raises Conflict while one is running."""
        return self._start(caller, KeyUse.TOKENS, "")

    def revoke(self, _: Request, caller: Caller) -> Response:
        """Start the replacement of all keys of tokens, which then end. Raises Conflict as `rotate` does."""
        return self._start(caller, KeyUse.TOKENS, REPLACING)

    def rotate_messages(self, _: Request, caller: Caller) -> Response:
        """Start a rotation of the keys of messages. Raises Conflict as `rotate` does."""
        return self._start(caller, KeyUse.MESSAGES, "")

    def revoke_messages(self, _: Request, caller: Caller) -> Response:
        """Start the replacement of all keys of messages. Raises Conflict as `rotate` does."""
        return self._start(caller, KeyUse.MESSAGES, REPLACING)

    def _start(self, caller: Caller, use: KeyUse, prefix: str) -> Response:
        by = self._administration.authorize(caller)
        self._administration.record_act(by, f"keys#{use.name.lower()}", "revoke_asked" if prefix else "rotate_asked")
        settings = self._runtime.settings
        secret_id = settings.signing_keys_secret if use is KeyUse.TOKENS else settings.message_keys_secret
        rotation = uuid.UUID(bytes=self._runtime.random_bytes(16), version=4)
        try:
            self._runtime.secrets.rotate_secret(SecretId=secret_id, ClientRequestToken=f"{prefix}{rotation}")
        except self._runtime.secrets.exceptions.InvalidRequestException as error:
            raise Conflict(
                "A rotation is running, or an unfinished one is being retried: try again later."
            ) from error
        return Response.of(202, {"status": "started"}, {"Location": "/keys"})


def published_keys(runtime: Runtime) -> list[dict[str, str]]:
    """Return each published key as JSON."""
    sets = [read_public_keys(runtime, use, consistent=True) for use in KeyUse]
    return [_view(keys, key) for keys in sets for key in keys.valid(runtime.clock())]


def _view(keys: PublicKeySet, key: PublicKey) -> dict[str, str]:
    until = keys.until(key)
    return {
        "kid": key.kid,
        "signs": keys.use.name.lower(),
        "alg": str(key.jwk["alg"]),
        "state": key.state,
        "since": timestamp(key.since),
        **({} if until is None else {"until": timestamp(until)}),
    }
