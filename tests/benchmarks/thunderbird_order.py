"""
An imitation of the order in which Thunderbird for the desktop looks for settings, for comparison only.

Written from a description of what that program does, and not from its text: the domain's own four places, the database
and the first MX at once, the winner by that order; Autodiscover beside them, always waited for; guessing only when all
that found nothing. A file's first servers win, without encryption too, and a file without an outgoing server is none.
What happens after a person types the password is left out. Prints one JSON object.
"""

import json
import re
import socket
import ssl
import sys
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import defusedxml.ElementTree
import dns.exception
import dns.resolver
from publicsuffixlist import PublicSuffixList

DATABASE = "https://live.thunderbird.net/autoconfig/v1.1/"
HTTP_SECONDS = 5
PROBE_SECONDS = 10
XML_TYPES = ("text/xml", "application/xml", "text/rdf")
SECURITIES = {"SSL": "tls", "STARTTLS": "starttls", "plain": "plain"}

Found = dict[str, Any]


def find(address: str) -> Found | None:
    """Return the settings the imitation ends with."""
    domain = address.partition("@")[2]
    with ThreadPoolExecutor() as pool:
        exchange = pool.submit(autodiscover, address)
        ways = [pool.submit(way, address, domain) for way in (from_provider, from_database, from_mx)]
        results = [way.result() for way in ways]
        exchange.result()  # it adds an alternative at most, and it is waited for
    return next((result for result in results if result is not None), None) or guess(domain)


def from_provider(address: str, domain: str) -> Found | None:
    """Ask the domain's own four places at once; the first of them in this order wins."""
    query = f"?emailaddress={quote(address)}"
    places = [
        f"{scheme}://{place}{query}"
        for scheme in ("https", "http")
        for place in (
            f"autoconfig.{domain}/mail/config-v1.1.xml",
            f"{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
        )
    ]
    with ThreadPoolExecutor() as pool:
        return next((found for found in pool.map(lambda url: fetch(url, address), places) if found), None)


def from_database(address: str, domain: str) -> Found | None:
    """Ask the central database."""
    return fetch(DATABASE + domain, address)


def from_mx(address: str, domain: str) -> Found | None:
    """Ask the domains of the first MX: the host without its first label, then the registrable one; https alone."""
    try:
        records = sorted(dns.resolver.resolve(domain, "MX"), key=lambda record: record.preference)
    except dns.exception.DNSException:
        return None
    host = records[0].exchange.to_text(omit_final_dot=True)
    base = PublicSuffixList().privatesuffix(host)
    for name in dict.fromkeys((host.partition(".")[2], base)):
        if name and base != domain:
            own = f"https://autoconfig.{name}/mail/config-v1.1.xml?emailaddress={quote(address)}"
            found = fetch(own, address) or fetch(DATABASE + name, address)
            if found is not None:
                return found
    return None


def autodiscover(address: str) -> None:
    """Ask for an Exchange server; whatever it says is an alternative and no answer here."""
    domain = address.partition("@")[2]
    for host in (f"autodiscover.{domain}", domain):
        with suppress(OSError, ValueError):
            request = urllib.request.Request(f"https://{host}/autodiscover/autodiscover.xml", data=b"<x/>")
            urllib.request.urlopen(request, timeout=HTTP_SECONDS).close()


def fetch(url: str, address: str) -> Found | None:
    """Return what a file says, None for anything that is no file of settings."""
    try:
        with urllib.request.urlopen(url, timeout=HTTP_SECONDS) as answer:
            media, body = answer.headers.get_content_type(), answer.read(100_000)
        return read(body, address) if media in XML_TYPES else None
    except (OSError, ValueError, defusedxml.ElementTree.ParseError):
        return None


def read(body: bytes, address: str) -> Found | None:
    """Return the first incoming and the first outgoing server of a file."""
    root = defusedxml.ElementTree.fromstring(body)
    incoming = servers(root.iterfind("./emailProvider/incomingServer"), address)
    outgoing = servers(root.iterfind("./emailProvider/outgoingServer"), address)
    return {"incoming": incoming[0], "outgoing": outgoing[0]} if incoming and outgoing else None


def servers(elements: Iterable[Any], address: str) -> list[Found]:
    """Return the usable servers of a file in its order."""
    values = {"ADDRESS": address, "LOCALPART": address.partition("@")[0], "DOMAIN": address.partition("@")[2]}
    result = []
    for element in elements:
        texts = {child.tag: (child.text or "").strip() for child in element}
        host = re.sub("%EMAIL([A-Z]+)%", lambda match: values[match[1]], texts.get("hostname", ""))
        security = SECURITIES.get(texts.get("socketType", ""))
        if host and security and texts.get("port", "").isdigit():
            oauth = texts.get("authentication") == "OAuth2"
            result.append({"host": host, "port": int(texts["port"]), "security": security, "oauth": oauth})
    return result


def guess(domain: str) -> Found | None:
    """Try the usual names and ports, each a little later than the one before; the best that answers wins."""
    incoming = [(host, port) for port in (993, 143) for host in ("imap", "mail", "")]
    outgoing = [(host, port) for port in (587, 465) for host in ("smtp", "mail", "")]
    with ThreadPoolExecutor(12) as pool:
        both = [list(pool.map(lambda pair: speaks(pair, domain), pairs)) for pairs in (incoming, outgoing)]
    first = [next((found for found in found_servers if found is not None), None) for found_servers in both]
    return {"incoming": first[0], "outgoing": first[1]} if all(first) else None


def speaks(pair: tuple[str, int], domain: str) -> Found | None:
    """Return a server that exists and shows a good certificate."""
    prefix, port = pair
    host = f"{prefix}.{domain}" if prefix else domain
    implicit = port in (993, 465)
    with suppress(OSError), socket.create_connection((host, port), PROBE_SECONDS) as plain:
        stream = plain if implicit else upgraded(plain, port)
        with ssl.create_default_context().wrap_socket(stream, server_hostname=host):
            return {"host": host, "port": port, "security": "tls" if implicit else "starttls", "oauth": False}
    return None


def upgraded(stream: socket.socket, port: int) -> socket.socket:
    """Ask for STARTTLS."""
    stream.settimeout(PROBE_SECONDS)
    stream.recv(1000)
    for word in (b"a STARTTLS\r\n",) if port == 143 else (b"EHLO localhost\r\n", b"STARTTLS\r\n"):
        stream.sendall(word)
        stream.recv(1000)
    return stream


if __name__ == "__main__":
    print(json.dumps(find(sys.argv[1])))  # noqa: T201 - a program of its own
