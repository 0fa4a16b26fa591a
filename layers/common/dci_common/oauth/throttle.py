"""Throttling of failed authentications: they are counted for each client id and source address.

Failures at one address never block the client at another. The item `USAGE#<client id>`,
`FAILURES#<digest of the address>` of ClientsTable has `failures`, and `blocked_until` and `expires` in epoch seconds.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dci_common.errors import LimitExceeded

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

FREE_FAILURES = 5
LONGEST_WAIT_SECONDS = 900
_REMEMBERED_SECONDS = 3600
_IPV6_NETWORK_BITS = 64  # one subscriber has all of such a network


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one client id at one address, as they were read.

    `count` is what counts now; `stored` includes failures that have expired.
    """

    key: Item
    count: int = 0
    stored: int = 0
    blocked_until: int = 0

    def check_wait(self, now: float) -> None:
        """Raise LimitExceeded while the address must wait."""
        if now < self.blocked_until:
            raise LimitExceeded(
                "Too many failed authentications of this client at your address: wait, then check the credentials.",
                retry_after=math.ceil(self.blocked_until - now),
            )


def failures_key(client_id: str, source: str) -> Item:
    """Return the key of the failures of a client id at an address; an IPv6 address counts as its /64 network."""
    digest = hashlib.sha256(_network(source).encode("utf-8", "surrogatepass")).hexdigest()
    return {"pk": {"S": f"USAGE#{client_id}"}, "sk": {"S": f"FAILURES#{digest}"}}


@lru_cache(maxsize=256)
def _network(source: str) -> str:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    bits = _IPV6_NETWORK_BITS if address.version == 6 else address.max_prefixlen  # noqa: PLR2004
    return str(ipaddress.ip_network((address, bits), strict=False))


def failures_from(key: Item, item: Mapping[str, Any] | None, now: float) -> Failures:
    """Return the failures of an item; expired ones, which DynamoDB deletes late, no longer count."""
    if item is None:
        return Failures(key)
    stored = int(item["failures"]["N"])
    if now >= int(item["expires"]["N"]):
        return Failures(key, stored=stored)
    return Failures(key, stored, stored, int(item["blocked_until"]["N"]))


def count_failure(runtime: Runtime, known: Failures, now: float) -> None:
    """Count one failure more: from the fifth on the address must wait, each time twice as long."""
    excess = known.count + 1 - FREE_FAILURES
    wait = min(2 ** min(excess, 10), LONGEST_WAIT_SECONDS) if excess >= 0 else 0
    until = math.ceil(now) + wait if wait else 0
    runtime.dynamodb.update_item(
        TableName=runtime.settings.clients_table,
        Key=known.key,
        # ADD rather than SET, so that concurrent failures are all counted.
        UpdateExpression="SET blocked_until = :until, expires = :expires ADD failures :more",
        ExpressionAttributeValues={
            ":until": {"N": str(until)},
            ":expires": {"N": str(math.ceil(now) + wait + _REMEMBERED_SECONDS)},
            ":more": {"N": str(1 + known.count - known.stored)},
        },
    )


def forget_failures(runtime: Runtime, known: Failures) -> None:
    """Delete the failures, if any are stored."""
    if known.stored:
        runtime.dynamodb.delete_item(TableName=runtime.settings.clients_table, Key=known.key)
