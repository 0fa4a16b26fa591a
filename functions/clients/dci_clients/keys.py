"""The signing keys as administrators see them: what is published of them, and the start of a rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.auth.published import KEPT_SECONDS, PublicKey, read_published
from dci_common.errors import Conflict
from dci_common.wiretime import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


def list_keys(runtime: Runtime) -> list[dict[str, str]]:
    """Return what each published key is for, since when, and until when tokens of a retired one are taken."""
    now = runtime.clock()
    published = read_published(runtime, consistent=True).keys
    return [_view(key) for key in published if not key.is_over(now)]


def start_rotation(runtime: Runtime) -> None:
    """Have Secrets Manager rotate the signing keys; that takes seconds. Raises Conflict while it is at it."""
    try:
        runtime.secrets.rotate_secret(SecretId=runtime.settings.signing_keys_secret)
    except runtime.secrets.exceptions.InvalidRequestException as error:
        raise Conflict("A rotation is under way, or was not finished and is tried again now.") from error


def _view(key: PublicKey) -> dict[str, str]:
    until = {"until": timestamp(key.since + KEPT_SECONDS)} if key.state == "retired" else {}
    return {
        "kid": key.kid,
        "alg": str(key.jwk["alg"]),
        "state": key.state,
        "since": timestamp(key.since),
        **until,
    }
