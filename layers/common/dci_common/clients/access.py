"""What a client may do with a token: its registration decides, as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dci_common.errors import InsufficientScope, Unauthenticated

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.oauth.tokens import VerifiedToken


class Bearer(NamedTuple):
    """A verified token, and its client as it was read."""

    token: VerifiedToken
    client: Client


def check_access(token: VerifiedToken, holder: Client | None, *scopes: str) -> Bearer:
    """Return the bearer of a token; any of `scopes` suffices, the narrowest first.

    `holder` is the token's client (see ClientStore.token_holder). Raises Unauthenticated or InsufficientScope.
    """
    if holder is None:
        raise Unauthenticated("The token was revoked, or its client is not enabled.", token_sent=True)
    # A scope that the client lost since the token was issued is lost at once, as with a disabled client.
    if not token.scopes.intersection(scopes, holder.scopes):
        raise InsufficientScope(*scopes)
    return Bearer(token, holder)
