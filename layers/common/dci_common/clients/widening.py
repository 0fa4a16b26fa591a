"""Whether a change widens what a client may do, see or use: decided for each field apart.

A field without a rule widens by any change, so that a new one waits for its rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dci_common.clients.callback_urls import is_registered
from dci_common.clients.model import Callbacks, Client
from dci_common.clients.views import Flags
from dci_common.errors import Conflict
from dci_common.registries.social.disclosure import disclosure
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ

if TYPE_CHECKING:
    from dci_common.clients.model import Signatures

Rule = Callable[[Any, Any], bool]  # of a field's values before and after: whether that widens
NEW = "client"  # what a new client widens
# What an administrator may change of itself although it widens: how its messages are known and read.
_OWN = {"sender_id", "jwks", "jwks_uri", "flags.dialect", "flags.openspp17"}
# How little a message must prove: anything is accepted, nothing is needed, or a valid signature is.
_EVIDENCE: Mapping[Signatures, int] = {"ignore": 0, "optional": 1, "unsigned": 1, "required": 2}


def widened(before: Client | None, after: Client) -> tuple[str, ...]:
    """Return what a change widens, as the API names these members; nothing where it only narrows or renames.

    `before` is None for a new client.
    """
    return (NEW,) if before is None else tuple(_widened(before, after))


def check_own_access(before: Client, after: Client | None) -> None:
    """Raise Conflict when an administrator would end its own access, since it may be the only one, or widen it."""
    if after is None or after.status != "enabled" or CLIENTS_MANAGE not in after.scopes:
        raise Conflict(
            "An administrator cannot disable or delete itself, or give up clients.manage: another one must do it."
        )
    if set(widened(before, after)) - _OWN:
        raise Conflict("An administrator cannot widen its own permissions or limits: another one must do it.")


def changed(before: Client, after: Client) -> tuple[str, ...]:
    """Return the members that a change changes, as the API names them, but for its own bookkeeping."""
    return tuple(map(_member, (name for name in _differing(before, after) if name not in BOOKKEEPING)))


def _widened(before: Client, after: Client) -> Iterator[str]:
    for name in _differing(before, after):
        old, new = getattr(before, name), getattr(after, name)
        if name == "callbacks":
            yield from (f"callbacks.{part}" for part in _widened_callbacks(old, new))
        elif RULES.get(name, _differs)(old, new):
            yield _member(name)


def _widened_callbacks(before: Callbacks, after: Callbacks) -> Iterator[str]:
    for name in _differing(before, after):
        old, new = getattr(before, name), getattr(after, name)
        if name in ADDRESSES:
            addresses = (new,) if isinstance(new, str) else new
            if not all(is_registered(url, before.urls) for url in addresses if url):
                yield name
        elif CALLBACK_RULES.get(name, _differs)(old, new):
            yield name


def _differing(before: Any, after: Any) -> Iterator[str]:  # noqa: ANN401 - two tuples of one type
    return (name for name in after._fields if getattr(before, name) != getattr(after, name))


def _member(field: str) -> str:
    return f"flags.{field}" if field in Flags.model_fields else field


def _never(_before: object, _after: object) -> bool:
    return False


def _differs(_before: object, _after: object) -> bool:
    return True


def _is_added(_before: object, after: object) -> bool:
    return bool(after)


def _grows(before: Collection[str], after: Collection[str]) -> bool:
    return not set(after) <= set(before)


def _rises(before: int, after: int) -> bool:
    return after > before


def _falls(before: int, after: int) -> bool:
    return after < before


def _has_more_scopes(before: Collection[str], after: Collection[str]) -> bool:
    included = {CLIENTS_READ} if CLIENTS_MANAGE in before else set()  # which the other one includes
    return not set(after) <= {*before, *included}


def _sees_more(before: Collection[str], after: Collection[str]) -> bool:
    return not disclosure(after) <= disclosure(before)


def _proves_less(before: Signatures, after: Signatures) -> bool:
    return _EVIDENCE[after] < _EVIDENCE[before]


def _is_raised(before: int | None, after: int | None) -> bool:
    """Return whether a limit may be higher than before. The deployment's default is not known here: any may be."""
    if before in {after, 0}:
        return False
    if before is None or after is None:
        return True
    return (after or math.inf) > before


def _is_raised_from_any(before: int | None, after: int | None) -> bool:
    """Return whether a limit without a default is higher than before: None is no limit, as 0 is."""
    return _is_raised(before or 0, after or 0)


def _has_more_keys(before: str | None, after: str | None) -> bool:
    old, new = (json.loads(keys)["keys"] if keys else [] for keys in (before, after))
    return any(key not in old for key in new)


BOOKKEEPING = frozenset({"created", "updated", "version"})
# `sender_id` is the name under which messages are accepted; `dialect` decides what verifies their signatures.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(BOOKKEEPING, _never),
        "name": _never,
        "client_id": _differs,
        "sender_id": _differs,
        "scopes": _has_more_scopes,
        "token_lifetime": _rises,
        "disclosure": _sees_more,
        "openspp17": _rises,  # it may ask for everybody
        "signature": _proves_less,
        "status": lambda _, after: after != "disabled",
        "record_types": _grows,
        "restricted": _rises,
        "requests_a_minute": _is_raised,
        "records_a_day": _is_raised,
        "asynchronous": _rises,
        "open_exchanges": _is_raised,
        "notifications_a_minute": _is_raised_from_any,
        "jwks": _has_more_keys,
        "jwks_uri": _is_added,
        "dialect": _differs,
        "tokens_not_before": _falls,  # tokens that were revoked would be valid again
        "tokens_generation": _falls,
    }
)
ADDRESSES = frozenset({"urls", "default_url", "notify_url"})  # of callbacks: new ones must be below registered ones
# The credential is the partner's own, for its own receivers: another one lets the client do nothing more.
CALLBACK_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "auth": _never,
        "token_url": _is_added,
        "client_id": _never,
        "scope": _never,
        "max_bytes": _rises,
        "secret_version": _never,
        "notify_spelling": _never,
        "notify_records": _never,
    }
)
