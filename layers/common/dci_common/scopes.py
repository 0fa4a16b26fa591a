"""The scopes that a client can hold, and their spellings."""

from __future__ import annotations

from collections.abc import Iterable

REGISTRY_SEARCH = "registry.search"
REGISTRY_SUBSCRIBE = "registry.subscribe"
REGISTRY_STATUS = "registry.status"
CLIENTS_MANAGE = "clients.manage"
PARTNER_SCOPES = (REGISTRY_SEARCH, REGISTRY_SUBSCRIBE, REGISTRY_STATUS)
CLIENTS_READ = "clients.read"
SCOPES = (*PARTNER_SCOPES, CLIENTS_MANAGE, CLIENTS_READ)


def canonical(scope: str) -> str:
    """Return the spelling used in tokens: the standard writes both `registry/search` and `registry.search`."""
    return scope.replace("/", ".")


def granted(requested: str, held: Iterable[str]) -> tuple[str, ...] | None:
    """Return the scopes of a token: those requested, or all held when none is; None when one is not held.

    `requested` is a space-separated list (RFC 6749 §3.3).
    """
    held = set(held)
    wanted = {canonical(scope) for scope in requested.split(" ") if scope} or held
    return tuple(scope for scope in SCOPES if scope in wanted) if wanted <= held else None
