"""The IP addresses that requests may reach: global unicast only, so that no URL leads into a private network.

The networks are those of IANA's special-purpose registries and of address translation, where an IPv6 address carries
an IPv4 one that could be private. They are listed here, because `ipaddress` judges some of them by the version of
Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

_REFUSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # unspecified
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's metadata, although it looks public
            "169.254.0.0/16",  # link-local, with AWS's metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # automatic multicast tunnelling
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Outside of it are unspecified, loopback, v4-mapped, v4-compatible, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), discard,
# unique local with AWS's metadata (fd00:ec2::254), link-local, site-local and multicast addresses.
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3ffe::/16",  # the former 6bone
            "3fff::/20",  # documentation
        ),
    )
)


def are_allowed(addresses: Iterable[str]) -> bool:
    """Return whether a name that resolves to these addresses may be called: there are some, and each is allowed."""
    judged = [is_allowed(address) for address in addresses]
    return bool(judged) and all(judged)


def is_allowed(text: str) -> bool:
    """Return whether the text is a global unicast address in its standard notation, without a zone."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST_V6:
        return False
    return not any(address in network for network in _REFUSED_V6)
