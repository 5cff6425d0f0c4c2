"""Which addresses and which transports may be used: decided after resolution, per connection, on every redirect."""

import ipaddress
from enum import Enum

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TUNNELS = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("2002::/16"))  # Teredo and 6to4 hide IPv4
_TRANSLATED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))  # mapped; NAT64, RFC 6052


class AddressPolicy(Enum):
    """
    Which addresses may be connected to.

    `ANY` is for a person at their own machine, whose mail server may well stand in the same room. `PUBLIC` is for
    questions that strangers ask through us: nothing private, loopback, link-local, multicast, reserved or
    documentation, whether written as IPv4 or inside IPv6.
    """

    ANY = "any"
    PUBLIC = "public"

    def allows(self, address: str) -> bool:
        """Return True if an IP literal, with or without a zone, may be connected to."""
        return self is AddressPolicy.ANY or _is_public(ipaddress.ip_address(address))


class Encryption(Enum):
    """`REQUIRED` is https alone; `OPTIONAL` begins with http where a URL says so, and never goes back from https."""

    REQUIRED = "required"
    OPTIONAL = "optional"


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    if any(address in network for network in _TRANSLATED):
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    hidden = address.scope_id is not None or any(address in network for network in _TUNNELS)
    return address in _GLOBAL_UNICAST and address.is_global and not hidden
