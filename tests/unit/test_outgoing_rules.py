from ipaddress import ip_address

import httpx
import pytest

from trellis.kernel.errors import OutgoingRefused
from trellis.services.outgoing_rules import Rules, is_foreign

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.0.9", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "5f00::1",
]  # fmt: skip
FOREIGN = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "223.5.5.5", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2400:3200::1"]


@pytest.mark.parametrize("text", INSIDE)
def test_what_is_not_out_in_the_internet_is_not_foreign(text: str) -> None:
    assert not is_foreign(ip_address(text))


@pytest.mark.parametrize("text", FOREIGN)
def test_what_is_out_in_the_internet_is_foreign(text: str) -> None:
    assert is_foreign(ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/",
        "https://", "https://user@example.com/", "https://example.com:pw@127.0.0.1/", "https://example.com#@127.0.0.1/",
        "https://[fe80::1%25eth0]/", "javascript:alert(1)", "", "/x", "https:///x",
    ],
)  # fmt: skip
def test_only_plain_https_addresses_pass(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        Rules().check(httpx.URL(url))


def test_the_setting_allows_places_and_networks() -> None:
    rules = Rules.read("idp.intern:8443, http://127.0.0.1:9000 ,10.1.0.0/16,[::1]:443,fd00::/8")

    assert rules.allows("IDP.intern.", 8443, ip_address("10.9.9.9"))
    assert not rules.allows("idp.intern", 443, ip_address("10.9.9.9"))
    assert rules.allows("anything", 1, ip_address("10.1.2.3"))
    assert not rules.allows("anything", 1, ip_address("10.2.2.3"))
    assert rules.allows("::1", 443, ip_address("::1"))
    assert rules.allows("x", 1, ip_address("fd00::5"))
    rules.check(httpx.URL("http://127.0.0.1:9000/x"))
    with pytest.raises(OutgoingRefused):
        rules.check(httpx.URL("http://idp.intern:8443/"))


@pytest.mark.parametrize("entry", ["example.com", "10.0.0.1/8", "user@host:1", "ftp://host:1", "host:port"])
def test_an_entry_that_says_nothing_is_refused(entry: str) -> None:
    with pytest.raises(OutgoingRefused, match="TRELLIS_OUTGOING_ALLOW"):
        Rules.read(entry)
