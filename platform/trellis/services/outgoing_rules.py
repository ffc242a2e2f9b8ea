"""Which addresses the server may call: foreign ones, and those an operator allows by name."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import httpx

from trellis.kernel.errors import OutgoingRefused
from trellis.kernel.messages import Message

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # the wire server of Azure: a public number that only means the own host
        "192.0.0.0/24",  # protocol assignments (RFC 6890), the metadata of some clouds among them
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "64:ff9b::/96",  # NAT64 (RFC 6052): any IPv4 address in another dress
        "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
        "2001::/23",  # protocol assignments (RFC 2928), Teredo among them
        "2002::/16",  # 6to4 (RFC 3056)
        "::/96",  # IPv4-compatible (RFC 4291, deprecated)
        "3fff::/20",  # documentation (RFC 9637)
        "fc00::/7",  # unique local (RFC 4193)
        "fec0::/10",  # site-local (RFC 3879, deprecated)
        "5f00::/16",  # segment routing (RFC 9602)
    )
)
_ENTRY = re.compile(r"(?:(?P<scheme>https?)://)?(?P<host>\[[0-9a-fA-F:.]+\]|[^/:@\s]+):(?P<port>\d{1,5})")


def is_foreign(address: Address) -> bool:
    """Whether an address leads out into the internet, and nowhere else."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_foreign(address.ipv4_mapped)
    special = address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global
    return not special and not any(_contains(network, address) for network in NEVER)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed besides: `host:port` by https, `http://host:port` by http too, and whole networks."""

    places: frozenset[tuple[str, str, int]] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Rules":
        """The rules of the setting; raises OutgoingRefused for an entry that is neither."""
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        found = [_entry(entry) for entry in entries]
        return cls(
            frozenset(item for item in found if isinstance(item, tuple)),
            tuple(item for item in found if not isinstance(item, tuple)),
        )

    def check(self, url: httpx.URL) -> None:
        """Raises OutgoingRefused for what is no plain https address of a host."""
        if url.userinfo or not url.host or url.fragment or "%" in url.host:
            raise OutgoingRefused
        if url.scheme == "https":
            return
        if url.scheme != "http" or ("http", _name(url.host), url.port or 80) not in self.places:
            raise OutgoingRefused(Message("Only addresses that begin with https:// may be called."))

    def allows(self, host: str, port: int, address: Address) -> bool:
        """Whether an operator said that this may be called although it is not foreign."""
        named = any((scheme, _name(host), port) in self.places for scheme in ("http", "https"))
        return named or any(_contains(network, address) for network in self.networks)


def _entry(text: str) -> tuple[str, str, int] | Network:
    found = _ENTRY.fullmatch(text)
    if found is not None:
        return found["scheme"] or "https", _name(found["host"].strip("[]")), int(found["port"])
    try:
        return ip_network(text)
    except ValueError:
        message = Message("TRELLIS_OUTGOING_ALLOW: {entry} is neither host:port nor a network.", {"entry": text})
        raise OutgoingRefused(message) from None


def _name(host: str) -> str:
    return host.lower().rstrip(".")


def _contains(network: Network, address: Address) -> bool:
    return address.version == network.version and address in network
