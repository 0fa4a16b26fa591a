"""The IP addresses that callbacks may reach."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dci_common.outbound.addresses import are_allowed, is_allowed

REFUSED = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104 - nothing is bound to it
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    "carrier-grade NAT": ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
    "loopback": ["127.0.0.1", "127.255.255.255", "::1"],
    "link-local": ["169.254.0.1", "fe80::1", "febf::1"],
    "metadata": ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "168.63.129.16", "192.0.0.192"],
    "site-local": ["fec0::1", "feff::1"],
    "unique local": ["fc00::1", "fdff::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "broadcast and reserved": ["255.255.255.255", "240.0.0.1", "1::1", "4000::1", "5f00::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarking": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "protocol assignments": ["192.0.0.9", "192.88.99.1", "2001:10::1", "2001:20::1", "100::1", "3ffe::1"],
    "v4-mapped": ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe"],
    "v4-translated": ["::ffff:0:8.8.8.8"],
    "v4-compatible": ["::127.0.0.1", "::8.8.8.8"],
    "NAT64": ["64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "64:ff9b:1:ffff::8.8.8.8"],
    "6to4": ["2002:7f00:1::1", "2002:808:808::1"],
    "Teredo": ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "with a zone": ["fe80::1%eth0", "2606:2800:220:1::248%1"],
    "other notations": ["127.1", "2130706433", "0x7f000001", "010.8.8.8", "8.8.8", "", "partner.example", "8.8.8.8 "],
}
ALLOWED = ["1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1"]
ALLOWED += ["223.255.255.255", "2606:2800:220:1::248", "2a00:1450:4001::1", "2001:200::1", "2001:4860:4860::8888"]


@pytest.mark.parametrize("address", [address for group in REFUSED.values() for address in group])
def test_what_is_not_global_unicast_is_rejected(address: str) -> None:
    """An address is rejected, alone and beside an allowed one, unless it is global unicast."""
    assert not is_allowed(address)
    assert not are_allowed(["93.184.216.34", address])
    assert not are_allowed([address, "93.184.216.34"])


@pytest.mark.parametrize("address", ALLOWED)
def test_global_unicast_addresses_are_allowed(address: str) -> None:
    """A global unicast address is allowed."""
    assert is_allowed(address)
    assert are_allowed([address, "93.184.216.34"])


def test_a_name_without_addresses_is_rejected() -> None:
    """No address is not a set of allowed ones."""
    assert not are_allowed([])


@given(st.ip_addresses())
def test_no_address_that_python_calls_special_is_allowed(address: object) -> None:
    """What is allowed is global, and neither multicast nor reserved, for Python's own tables as well."""
    judged = ip_address(str(address))
    if is_allowed(str(address)):
        assert judged.is_global
        assert not any((judged.is_multicast, judged.is_reserved, judged.is_private))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_rejected_inside_of_ipv6(address: object) -> None:
    """An address that carries an IPv4 address by one of the translations is rejected, whatever it carries."""
    number = int(ip_address(str(address)))
    for prefix in ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/96"):
        assert not is_allowed(str(ip_network(prefix)[number]))
    assert not is_allowed(str(ip_address((0x2002 << 112) | (number << 80) | 1)))
