"""Which hosts and addresses are never asked, however they are spelt."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch.guard import Guard, literal

PUBLIC = ("8.8.8.8", "192.0.1.1", "172.32.0.1", "2a00:1450:4001:80b::200e", "2600::1")

PRIVATE = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.7",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_with_a_reason(address: str) -> None:
    reason = Guard().refuses("news.example.org", address)
    assert reason is not None
    assert reason.startswith("news.example.org is at ")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert Guard().refuses("news.example.org", address) is None
    assert Guard().refuses_host(address) is None


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"])
def test_a_public_address_within_another_is_not_refused(address: str) -> None:
    assert Guard().refuses("news.example.org", address) is None


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "news.localhost",
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "[::1]",
        "[::ffff:7f00:1]",
        "0xa9.0xfe.0xa9.0xfe",
        "169.254.43518",
    ],
)
def test_a_private_host_is_refused_in_any_spelling(host: str) -> None:
    assert Guard().refuses_host(host) is not None


@pytest.mark.parametrize(
    "host", ["news.example.org", "localhost.example.org", "127.0.0.1.example.org", "1.2.3.4.5"]
)
def test_a_name_is_refused_by_its_addresses_alone(host: str) -> None:
    assert Guard().refuses_host(host) is None


@pytest.mark.parametrize(
    "host", ["256.1", "1.2.3.256", "08.8.8.8x", "0x", "1..2", "", "4294967296"]
)
def test_what_no_resolver_takes_for_a_number_is_no_address(host: str) -> None:
    assert literal(host) is None


def test_what_is_no_address_is_refused_as_one() -> None:
    assert Guard().refuses("news.example.org", "gibberish") is not None


def test_an_allowed_name_may_be_private() -> None:
    guard = Guard.of(" Intranet.example.org.  localhost ")
    assert guard.refuses("intranet.example.org", "10.0.0.5") is None
    assert guard.refuses_host("localhost") is None
    assert guard.refuses("localhost", "127.0.0.1") is None
    assert guard.refuses("other.example.org", "10.0.0.5") is not None


def test_an_allowed_address_may_be_spelt_in_any_way() -> None:
    guard = Guard.of("127.0.0.1")
    assert guard.refuses_host("127.1") is None
    assert guard.refuses("127.1", "127.0.0.1") is None
    assert guard.refuses_host("127.0.0.2") is not None


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "168.63.129.16", "fd00:ec2::254", "::ffff:169.254.169.254"]
)
def test_an_allowed_name_may_not_lead_to_metadata(address: str) -> None:
    assert Guard.of("intranet.example.org").refuses("intranet.example.org", address) is not None
    plain = str(ip_address(address))
    assert Guard.of(f"intranet.example.org {plain}").refuses("intranet.example.org", plain) is None


def test_an_allowed_name_may_have_any_other_address_of_version_6() -> None:
    assert Guard.of("intranet.example.org").refuses("intranet.example.org", "fd12::1") is None


@given(st.ip_addresses(v=4))
def test_every_spelling_of_an_address_is_the_same_address(address: IPv4Address) -> None:
    number = int(address)
    parts = address.exploded.split(".")
    spellings = {
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(int(part)) for part in parts),
        ".".join(f"0{int(part):o}" for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
    }
    assert {literal(spelling) for spelling in spellings} == {address}


@given(st.ip_addresses(v=4))
def test_what_is_refused_is_refused_within_version_6_too(address: IPv4Address) -> None:
    plain = Guard().refuses("h", str(address))
    for inner in (
        IPv6Address(f"::ffff:{address}"),
        IPv6Address(f"64:ff9b::{address}"),
        IPv6Address((0x2002 << 112) | (int(address) << 80)),
    ):
        assert (Guard().refuses("h", str(inner)) is None) == (plain is None)


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_refused(
    address: IPv4Address | IPv6Address,
) -> None:
    if address.is_private or address.is_multicast or address.is_loopback:
        # Those that hold an address of version 4 are judged by it.
        mapped = isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour)
        assert mapped or Guard().refuses("h", str(address)) is not None


@given(st.text(max_size=40))
def test_no_host_is_too_odd(host: str) -> None:
    Guard.of(host)
    Guard().refuses_host(host)
    Guard().refuses(host, host)
