"""
Who finds the right servers in the same small worlds: profilegen, myl-discovery, an imitation of Thunderbird's order.

    python -m tests.benchmarks.discovery > docs/discovery-comparison.md

Each world is a real name server (Knot), real HTTPS servers and fakes of mail servers on loopback addresses. All three
programs are processes of their own that see these worlds and no other network: in a mount namespace their
/etc/resolv.conf names our Knot, and SSL_CERT_FILE our authority. Needs root on Linux. myl-discovery comes from PyPI
into a throw-away environment and is started as the program it is.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.discovery.faulty import _imap, _mail_server, _smtp
from tests.lab import dns as lab_dns
from tests.lab.certificates import Authority
from tests.lab.https import Asked, Reply, _free_address, https_server

ROUNDS = 3
MYL = "myl-discovery==0.6.4"
NAME_SERVER = f"127.53.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"

Endpoints = tuple[str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Place:
    """
    One world: what is published about its domain, and what is right.

    In `zone` and `pages` "{D}" is the domain, "{A}" the address of the web server, "{M}" that of the mail servers;
    pages by "host/path". `right` None: no password profile can work there, and saying so is right. `hosts` are the
    names the certificate holds beside the domain.
    """

    name: str
    domain: str
    zone: str
    pages: dict[str, str] = field(default_factory=dict)
    right: tuple[str, str] | None = ("imap.{D}:993/tls", "smtp.{D}:465/tls")
    hosts: tuple[str, ...] = ("imap.{D}", "smtp.{D}")
    needs_address: bool = False
    lands_anywhere: bool = False


def block(kind: str, host: str, port: int, mode: str, auth: str = "password-cleartext") -> str:
    """Return one server of a settings file."""
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port><socketType>{mode}</socketType>'
        f"<username>%EMAILADDRESS%</username><authentication>{auth}</authentication></{tag}>"
    )


def config(*blocks: str) -> str:
    """Return a settings file."""
    domain = "<domain>{D}</domain><displayName>x</displayName>"
    return f'<clientConfig version="1.1"><emailProvider id="x">{domain}{"".join(blocks)}</emailProvider></clientConfig>'


IMAP, SMTP = block("imap", "imap.{D}", 993, "SSL"), block("smtp", "smtp.{D}", 465, "SSL")
POP = block("pop3", "pop.{D}", 995, "SSL")
OUTLOOK = (
    block("imap", "outlook.office365.com", 993, "SSL", "OAuth2"),
    block("smtp", "smtp.office365.com", 587, "STARTTLS", "OAuth2"),
)
HOSTS = "{D}. A {A}\nimap.{D}. A {M}\nsmtp.{D}. A {M}\n"
SRV = "_imaps._tcp.{D}. SRV 0 0 993 imap.{D}.\n_submissions._tcp.{D}. SRV 0 0 465 smtp.{D}.\n"
OWN = "autoconfig.{D}/mail/config-v1.1.xml"
DATABASE = "live.thunderbird.net/autoconfig/v1.1"

PLACES = (
    Place(
        name="autoconfig, two servers each way",
        domain="two.test",
        zone=HOSTS + "autoconfig.{D}. A {A}\n",
        pages={OWN: config(IMAP, POP, SMTP, block("smtp", "smtp.{D}", 2525, "STARTTLS"))},
    ),
    Place(
        name="SRV records only, unusual host",
        domain="srv.test",
        zone="{D}. A {A}\nbox.{D}. A {M}\n"
        "_imaps._tcp.{D}. SRV 0 0 993 box.{D}.\n_submissions._tcp.{D}. SRV 0 0 465 box.{D}.\n",
        right=("box.{D}:993/tls", "box.{D}:465/tls"),
        hosts=("box.{D}",),
    ),
    Place(
        name="SRV: STARTTLS declared absent",
        domain="dot.test",
        zone=HOSTS + SRV + "_imap._tcp.{D}. SRV 0 0 0 .\n_submission._tcp.{D}. SRV 0 0 0 .\n",
    ),
    Place(
        name="MX at a provider everybody knows",
        domain="custom.test",
        zone="{D}. MX 10 in1-smtp.messagingengine.com.\nimap.fastmail.com. A {M}\nsmtp.fastmail.com. A {M}\n"
        "live.thunderbird.net. A {A}\n",
        pages={
            f"{DATABASE}/messagingengine.com": config(
                block("imap", "imap.fastmail.com", 993, "SSL"), block("smtp", "smtp.fastmail.com", 465, "SSL")
            )
        },
        right=("imap.fastmail.com:993/tls", "smtp.fastmail.com:465/tls"),
        hosts=("imap.fastmail.com", "smtp.fastmail.com", "live.thunderbird.net"),
    ),
    Place(
        name="autoconfig, plain text listed first",
        domain="plainfirst.test",
        zone=HOSTS + "autoconfig.{D}. A {A}\n",
        pages={
            OWN: config(block("imap", "imap.{D}", 143, "plain"), IMAP, block("smtp", "smtp.{D}", 25, "plain"), SMTP)
        },
    ),
    Place(
        name="autoconfig, placeholder inside a host",
        domain="inside.test",
        zone=HOSTS + "autoconfig.{D}. A {A}\n",
        pages={
            OWN: config(
                block("imap", "imap.%EMAILDOMAIN%", 993, "SSL"), block("smtp", "smtp.%EMAILDOMAIN%", 465, "SSL")
            )
        },
    ),
    Place(
        name="well-known, 400 without the address",
        domain="needs.test",
        zone=HOSTS,
        pages={"{D}/.well-known/autoconfig/mail/config-v1.1.xml": config(IMAP, SMTP)},
        needs_address=True,
    ),
    Place(
        name="wildcard DNS, landing page everywhere, SRV",
        domain="wild.test",
        zone=HOSTS + SRV + "*.{D}. A {A}\n",
        lands_anywhere=True,
    ),
    Place(
        name="left-over autoconfig, mail at Microsoft 365",
        domain="moved.test",
        zone="{D}. A {A}\nautoconfig.{D}. A {A}\nlive.thunderbird.net. A {A}\n"
        "{D}. MX 0 moved-test.mail.protection.outlook.com.\n",
        pages={
            OWN: config(block("imap", "mail.{D}", 993, "SSL"), block("smtp", "mail.{D}", 465, "SSL")),
            f"{DATABASE}/outlook.com": config(*OUTLOOK),
        },
        right=None,
        hosts=("live.thunderbird.net",),
    ),
    Place(name="nothing published, usual names", domain="silent.test", zone=HOSTS),
)


# --- worlds ----------------------------------------------------------------------------------------------


@contextmanager
def running(place: Place, authority: Authority, folder: Path) -> Iterator[None]:
    """Run one world and its name server until the block ends."""
    names = [host.replace("{D}", place.domain) for host in place.hosts]
    certificate = authority.issue(place.domain, f"*.{place.domain}", *names)
    with ExitStack() as stack:
        web = stack.enter_context(https_server(certificate, site(place)))
        mail = _free_address()[0]
        if place.right is not None:
            for port, speak in ((993, _imap), (465, _smtp)):
                stack.enter_context(_mail_server(mail, port, certificate, [], speak))
        zone = filled(place.zone, place).replace("{A}", web.address).replace("{M}", mail)
        stack.enter_context(name_server(folder, zone))
        yield


def filled(text: str, place: Place) -> str:
    """Return a text with the domain of its world."""
    return text.replace("{D}", place.domain)


def site(place: Place) -> Callable[[Asked], Reply]:
    """Return what the world's web server says."""
    pages = {filled(where, place): filled(page, place).encode() for where, page in place.pages.items()}

    def answer(asked: Asked) -> Reply:
        path, _, query = asked.path.partition("?")
        page = pages.get(asked.host + path)
        if page is not None and place.needs_address and "emailaddress=" not in query:
            return Reply(status=400)
        if page is not None:
            return Reply(body=page, headers={"Content-Type": "application/xml"})
        landing = b"<html><body>Welcome</body></html>"
        return Reply(body=landing, headers={"Content-Type": "text/html"}) if place.lands_anywhere else Reply(status=404)

    return answer


@contextmanager
def name_server(folder: Path, zone: str) -> Iterator[None]:
    """Run Knot on port 53 of an address of its own, as the root of a world of its own."""
    program = lab_dns.require("knotd", package="knot")
    home = Path(tempfile.mkdtemp(dir=folder))
    (home / "db").mkdir()
    (home / "0.zone").write_text(lab_dns._HEAD.format(origin=".") + zone)
    text = lab_dns._config(home, 53, ["."]).replace("127.0.0.1@53", f"{NAME_SERVER}@53")
    (home / "knot.conf").write_text(text)
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([program, "-c", str(home / "knot.conf")], stdout=log, stderr=log)
        try:
            wait_for_knot()
            yield
        finally:
            server.terminate()
            server.wait(timeout=10)


def wait_for_knot() -> None:
    """Wait until the name server answers."""
    import dns.exception
    import dns.message
    import dns.query

    question = dns.message.make_query(".", "SOA")
    for _ in range(100):
        try:
            dns.query.udp(question, NAME_SERVER, timeout=0.1)
        except (OSError, dns.exception.DNSException):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("Knot did not start")


# --- tools -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a tool said: both endpoints as "host:port/security", or that only OAuth sign-in works."""

    endpoints: Endpoints = (None, None)
    oauth: bool = False
    failed: str = ""


def profilegen(output: str) -> Answer:
    """Read the answer of `profilegen lookup --json`."""
    document = json.loads(output)
    return Answer(
        endpoints=(endpoint(document["incoming"]), endpoint(document["outgoing"])),
        oauth=document["status"] == "oauth_only",
    )


def thunderbird(output: str) -> Answer:
    """Read the answer of the imitation."""
    found = json.loads(output) or {}
    oauth = bool(found) and found["incoming"]["oauth"]
    return Answer(endpoints=(endpoint(found.get("incoming")), endpoint(found.get("outgoing"))), oauth=oauth)


def myl(output: str) -> Answer:
    """Read the answer of `myl-discovery --json`."""
    lines = output.splitlines()  # its log comes first, on the same stream
    found = json.loads("\n".join(lines[lines.index("{") :])) if "{" in lines else {}
    return Answer(endpoints=(myl_endpoint(found.get("imap")), myl_endpoint(found.get("smtp"))))


def endpoint(server: dict[str, Any] | None) -> str | None:
    """Return "host:port/security" of a server."""
    return None if server is None else f"{server['host']}:{server['port']}/{server['security']}"


def myl_endpoint(server: dict[str, Any] | None) -> str | None:
    """Return the same of a server as myl-discovery writes it."""
    if not server or not server.get("server") or not server.get("port"):
        return None  # it names the domain itself, without a port, where it found nothing
    security = "starttls" if server.get("starttls") else "tls"
    return f"{server['server']}:{server['port']}/{security}"


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program: its name, how it is started, and how its answer is read."""

    name: str
    command: tuple[str, ...]
    read: Callable[[str], Answer]


def tools(folder: Path) -> tuple[Program, ...]:
    """Return the three programs, myl-discovery freshly installed."""
    venv.create(folder / "myl", with_pip=True)
    subprocess.run([folder / "myl/bin/pip", "install", "--quiet", "--quiet", MYL], check=True, stdout=sys.stderr)
    own = (sys.executable, "-m")
    return (
        Program(name="profilegen", command=(*own, "profilegen", "lookup", "--json"), read=profilegen),
        Program(name="myl-discovery", command=(str(folder / "myl/bin/myl-discovery"), "--json"), read=myl),
        Program(name="Thunderbird's order", command=(*own, "tests.benchmarks.thunderbird_order"), read=thunderbird),
    )


def ask(tool: Program, address: str, folder: Path) -> tuple[Answer, float]:
    """Run a program about one address in the world; return its answer and the seconds it took."""
    authority = str(folder / "ca.pem")
    trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), authority)
    environment = {**os.environ, **trusted, "PROFILEGEN_HOME": str(folder / "home"), "TERM": "dumb"}
    inside = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", inside, str(folder / "resolv.conf"), *tool.command, address]
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    except subprocess.TimeoutExpired:
        return Answer(failed="no answer in two minutes"), 120.0
    seconds = time.perf_counter() - start
    try:
        return tool.read(done.stdout), seconds
    except (ValueError, KeyError, TypeError, AttributeError):
        last = (done.stderr or done.stdout).strip().splitlines()
        return Answer(failed=last[-1][:80] if last else f"exit {done.returncode}"), seconds


# --- the table -------------------------------------------------------------------------------------------


def verdict(place: Place, answer: Answer) -> str:
    """Judge an answer: right, half, wrong, none or crash."""
    if answer.failed:
        return "crash"
    if place.right is None:
        return "right" if answer.oauth else "none" if answer.endpoints == (None, None) else "wrong"
    if answer.endpoints == (None, None):
        return "none"
    wanted = tuple(filled(one, place) for one in place.right)
    matches = [said == right for said, right in zip(answer.endpoints, wanted, strict=True)]
    if all(matches):
        return "right"
    return "half" if any(matches) and None in answer.endpoints else "wrong"


def main() -> None:
    """Measure and print the page."""
    with tempfile.TemporaryDirectory(prefix="discovery-") as name:
        folder = Path(name)
        authority = Authority()
        (folder / "ca.pem").write_bytes(authority.pem)
        (folder / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\noptions timeout:2 attempts:1\n")
        programs = tools(folder)
        verdicts: dict[str, list[str]] = {tool.name: [] for tool in programs}
        seconds: dict[str, list[float]] = {tool.name: [] for tool in programs}
        for place in PLACES:
            with running(place, authority, folder):
                for tool in programs:
                    runs = [ask(tool, f"you@{place.domain}", folder) for _ in range(ROUNDS)]
                    seconds[tool.name] += [took for _, took in runs]
                    verdicts[tool.name].append(judged(place, [answer for answer, _ in runs]))
                    sys.stderr.write(f"{place.name}: {tool.name}: {runs[0]}\n")
        sys.stdout.write(page(verdicts, seconds))


def judged(place: Place, answers: list[Answer]) -> str:
    """Return the verdict of all rounds; a tool that changes its mind is told so."""
    found = list(dict.fromkeys(verdict(place, answer) for answer in answers))
    return found[0] if len(found) == 1 else " / ".join(found)


def page(verdicts: dict[str, list[str]], seconds: dict[str, list[float]]) -> str:
    """Return the whole page."""
    names = list(verdicts)
    lines = [INTRODUCTION, "| world | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for row, place in enumerate(PLACES):
        lines.append(f"| {place.name} | " + " | ".join(verdicts[name][row] for name in names) + " |")
    lines += ["", "| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for word in ("right", "half", "wrong", "none", "crash"):
        lines.append(f"| {word} | " + " | ".join(str(verdicts[name].count(word)) for name in names) + " |")
    base = statistics.median(seconds[names[0]])
    for word, pick in (("fastest", min), ("median", statistics.median), ("slowest", max)):
        cells = " | ".join(f"{pick(seconds[name]) / base:.2f}" for name in names)
        lines.append(f"| {word}, as a ratio | {cells} |")
    return "\n".join(lines) + "\n"


INTRODUCTION = f"""\
# Comparison on the same local worlds

Made by `python -m tests.benchmarks.discovery > docs/discovery-comparison.md` (Linux, root, Knot).

Ten worlds on loopback addresses, each with a real name server, a real HTTPS server and, on another address, fakes of
the mail servers it names. Every program is a process of its own, start-up included, and sees that world alone: its
`/etc/resolv.conf` names our name server, and it trusts our authority through `SSL_CERT_FILE`. {ROUNDS} rounds each;
ratios are to the median of profilegen in the same run, over all worlds.

* **myl-discovery** is {MYL} from PyPI, unchanged, called as `myl-discovery --json ADDRESS`. It finds
  servers by name alone, so its DNS questions and its web requests were redirected in full.
* **Thunderbird's order** is an imitation (`tests/benchmarks/thunderbird_order.py`), written from a description of that
  program, not the program: places, order and preferences are its, speed is not. The database it asks is a local
  stand-in that holds what the world says.

The worlds are of our own making and show what this project set out to get right. They tell what the others miss in
them, not how often that matters outside.

*Right*: both directions name the right host, port and encryption; where no password profile can work, saying so.
*Half*: one direction right, nothing said about the other. *None*: no server with a port. *Wrong*: anything else that
was named. No program was given a password. In the last world profilegen names the guessed servers and calls them
`untrusted`. The times are not like for like: profilegen alone asks every source and then connects to the servers it
names.
"""


if __name__ == "__main__":
    main()
