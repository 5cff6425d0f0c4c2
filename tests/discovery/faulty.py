"""
A small Internet on loopback in which everything is published, and every single answer can be made to go wrong.

The name server and the mail servers are fakes, written from RFC 1035, RFC 9051 and RFC 5321: real ones do not lie on
request. Everything they are told is kept.
"""

import base64
import hashlib
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.lab.certificates import Authority, IssuedCertificate
from tests.lab.https import Asked, HttpsServer, Reply, http_server, https_server, redirect

LATE = 0.1
"""Seconds a slow answer takes."""


class Fault(StrEnum):
    """What an answer may be instead of what it should be."""

    SILENT = "silent"
    SLOW = "slow"
    REFUSING = "refusing"
    LYING = "lying"
    GARBAGE = "garbage"


Name = tuple[str, str]
"""A name and a record type."""

CONFIG = """<clientConfig version="1.1"><emailProvider id="{domain}"><domain>{domain}</domain>
<incomingServer type="imap"><hostname>imap.{domain}</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.{domain}</hostname><port>465</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""

PLAIN_TEXT = CONFIG.replace("SSL", "plain").replace("993", "143").replace("465", "25")

POX = """<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account>
<AccountType>email</AccountType><Action>settings</Action>
<Protocol><Type>IMAP</Type><Server>imap.{domain}</Server><Port>993</Port><SSL>on</SSL></Protocol>
<Protocol><Type>SMTP</Type><Server>smtp.{domain}</Server><Port>465</Port><SSL>on</SSL></Protocol>
</Account></Response></Autodiscover>"""

PACC = '{{"protocols":{{"imap":{{"host":"imap.{domain}"}},"submit":{{"host":"smtp.{domain}"}}}},"info":{{}}}}'

_NOISE = random.Random(7).randbytes(700)
_LIES = {
    "MX": "10 mx.attacker.test.",
    "SRV": "0 0 993 imap.attacker.test.",
    "TXT": '"mailconf=https://attacker.test/mail/config-v1.1.xml"',
    "CNAME": "attacker.test.",
}


@dataclass(slots=True, kw_only=True)
class World:
    """The running world: what goes wrong, what was asked, and what every mail server heard."""

    name_server: str = ""
    faulty_names: dict[Name, Fault] = field(default_factory=dict)
    faulty_pages: dict[str, Fault] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    attacker_mail: list[str] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)
    records: dict[Name, list[str]] = field(default_factory=dict)

    def calm(self) -> None:
        """Forget all faults and everything that was asked."""
        for kept in (self.faulty_names, self.faulty_pages, self.names, self.pages):
            kept.clear()
        for heard in (self.requests, self.mail, self.attacker_mail):
            heard.clear()


@contextmanager
def running_world(authority: Authority) -> Iterator[World]:
    """Run the world until the block ends; all its certificates are from `authority`."""
    world = World()
    with ExitStack() as stack:
        web = stack.enter_context(https_server(_certificate(authority, "example.test"), _site(world, "example.test")))
        plain = stack.enter_context(http_server(_site(world, "example.test")))
        evil = stack.enter_context(
            https_server(_certificate(authority, "attacker.test"), _site(world, "attacker.test"))
        )
        for server, domain, heard in ((web, "example.test", world.mail), (evil, "attacker.test", world.attacker_mail)):
            for port, speak in ((993, _imap), (465, _smtp)):
                stack.enter_context(_mail_server(server.address, port, authority.issue(f"*.{domain}"), heard, speak))
        world.records = _records(web, evil, plain)
        world.name_server = stack.enter_context(_name_server(world))
        world.ports = {443, 80, 993, 465, int(world.name_server.partition(":")[2])}
        stack.callback(world.over.set)  # whoever is silent on purpose goes home before its server closes
        yield world


def _certificate(authority: Authority, domain: str) -> IssuedCertificate:
    return authority.issue(domain, f"*.{domain}", f"*.mail.{domain}", "v1.ispdb.net")


def _records(web: HttpsServer, evil: HttpsServer, plain: HttpsServer) -> dict[Name, list[str]]:
    digest = base64.b64encode(hashlib.sha256(PACC.format(domain="example.test").encode()).digest()).decode()
    hosts = ("", "ua-auto-config.", "autodiscover.", "imap.", "smtp.", "autoconfig.mail.")
    attacker = ("", "imap.", "smtp.", "mx.", "autoconfig.", "autodiscover.")
    names: dict[Name, list[str]] = {(f"{host}example.test", "A"): [web.address] for host in hosts}
    names |= {(f"{host}attacker.test", "A"): [evil.address] for host in attacker}
    return names | {
        # over https the web server answers, over http the other one: the first refuses port 80, the second port 443
        ("autoconfig.example.test", "A"): [web.address, plain.address],
        ("v1.ispdb.net", "A"): [web.address],
        ("example.test", "MX"): ["10 mx.mail.example.test."],
        ("example.test", "TXT"): ['"mailconf=https://example.test/settings.xml"', '"v=spf1 -all"'],
        ("_ua-auto-config.example.test", "TXT"): [f'"v=UAAC1; a=sha256; d={digest}"'],
        ("_imaps._tcp.example.test", "SRV"): ["0 0 993 imap.example.test."],
        ("_submissions._tcp.example.test", "SRV"): ["0 0 465 smtp.example.test."],
    }


# --- the web ---------------------------------------------------------------------------------------------


def _site(world: World, domain: str) -> Callable[[Asked], Reply]:
    def site(asked: Asked) -> Reply:
        page = f"{asked.host}{asked.path.partition('?')[0]}"
        world.requests.append(asked)
        world.pages.append(page)
        fault = world.faulty_pages.get(page)
        if fault is Fault.SILENT:
            world.over.wait(30)
        if fault is Fault.SLOW:
            time.sleep(LATE)
        return _wrong(fault) or Reply(body=_page(asked.path, domain).encode())

    return site


def _wrong(fault: Fault | None) -> Reply | None:
    match fault:
        case Fault.REFUSING:
            return Reply(status=503)
        case Fault.LYING:
            return redirect("https://attacker.test/mail/config-v1.1.xml")
        case Fault.GARBAGE:
            return Reply(body=_NOISE, headers={"Content-Encoding": "gzip", "Content-Type": "image/png"})
    return None


def _page(path: str, domain: str) -> str:
    if "autodiscover" in path:
        return POX.format(domain=domain)
    return (PACC if path.endswith(".json") else CONFIG).format(domain=domain)


# --- names -----------------------------------------------------------------------------------------------


@contextmanager
def _name_server(world: World) -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.05)
        stop = threading.Event()
        thread = threading.Thread(target=_answer_questions, args=(listener, world, stop))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def _answer_questions(listener: socket.socket, world: World, stop: threading.Event) -> None:
    later: list[tuple[float, bytes, tuple[str, int]]] = []
    while not stop.is_set():
        with suppress(TimeoutError):
            wire, client = listener.recvfrom(4096)
            answer, delay = _answer(wire, world)
            if answer is not None:
                later.append((time.monotonic() + delay, answer, client))
        due = [entry for entry in later if entry[0] <= time.monotonic()]
        later = [entry for entry in later if entry not in due]
        for _, answer, client in due:
            listener.sendto(answer, client)


def _answer(wire: bytes, world: World) -> tuple[bytes | None, float]:
    question = dns.message.from_wire(wire)
    name = question.question[0].name.to_text(omit_final_dot=True).lower()
    kind = dns.rdatatype.to_text(question.question[0].rdtype)
    world.names.append((name, kind))
    fault = world.faulty_names.get((name, kind))
    response = dns.message.make_response(question)
    records = world.records.get((name, kind), [])
    if fault is Fault.REFUSING:
        response.set_rcode(dns.rcode.REFUSED)
        records = []
    if fault is Fault.LYING:
        records = world.records[("attacker.test", "A")] if kind == "A" else [_LIES[kind]] if kind in _LIES else []
    if records:
        response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *records))
    if fault is Fault.SILENT:
        return None, 0
    return (wire[:2] + _NOISE if fault is Fault.GARBAGE else response.to_wire()), LATE if fault is Fault.SLOW else 0


# --- mail ------------------------------------------------------------------------------------------------


def _imap(line: str) -> bytes:
    tag, _, verb = line.partition(" ")
    match verb.upper():
        case "":
            return b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
        case "CAPABILITY":
            return f"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n".encode()
        case "LOGOUT":
            return f"* BYE\r\n{tag} OK bye\r\n".encode()
    return f"{tag} BAD what?\r\n".encode()


def _smtp(line: str) -> bytes:
    match line.partition(" ")[0].upper():
        case "":
            return b"220 smtp.example.test ESMTP\r\n"
        case "EHLO":
            return b"250-smtp.example.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n"
        case "QUIT":
            return b"221 bye\r\n"
    return b"530 5.7.0 Authentication required\r\n"


@contextmanager
def _mail_server(
    address: str, port: int, certificate: IssuedCertificate, heard: list[str], speak: Callable[[str], bytes]
) -> Iterator[None]:
    """Speak over TLS until the block ends; `heard` gets a line per connection and one per command."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with _written(certificate) as (chain, key):
        context.load_cert_chain(chain, key)
    with socket.create_server((address, port)) as listener:
        listener.settimeout(0.05)
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, context, heard, speak, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def _written(certificate: IssuedCertificate) -> Iterator[tuple[Path, Path]]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield certificate.write(Path(folder))


def _serve(
    listener: socket.socket,
    context: ssl.SSLContext,
    heard: list[str],
    speak: Callable[[str], bytes],
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        with suppress(TimeoutError, OSError):
            connection, _ = listener.accept()
            heard.append("connected")
            connection.settimeout(2)
            with connection, context.wrap_socket(connection, server_side=True) as secure:
                secure.sendall(speak(""))
                with secure.makefile("r", encoding="utf-8", errors="replace", newline="\r\n") as lines:
                    for line in lines:
                        heard.append(line.strip())
                        secure.sendall(speak(line.strip()))
