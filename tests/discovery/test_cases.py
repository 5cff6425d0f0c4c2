"""
What a discovery engine must get right, one world per case: the whole search as it is wired, against real servers.

Some cases a black box cannot show; they are shown elsewhere:

* STARTTLS stripped on the way, clear text injected before TLS: `tests/probe/test_misbehaviour.py`, by a fake that does
  it, which Postfix and Dovecot cannot be made to.
* Relaying refused or open, and the words of the refusal: `tests/probe/` and `tests/cli/test_fix_lab.py`; looking
  settings up never comes as far as a recipient.
* Servers for the provider's own network alone: `tests/settings/test_clientconfig.py`, where the file is read.
* Public suffixes: `test_engine.py`, with sources that fail the test when they are asked.
* At most two failed logins: `tests/storage/test_logins.py`; a lookup has no password it could try.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from profilegen.address import Address
from profilegen.catalogue.lookup import FileCatalogue
from profilegen.config.resources import find_resources
from profilegen.discovery.engine import Discovery
from profilegen.discovery.srv import SrvSource
from profilegen.net.tls import tls_contexts
from profilegen.ports import Catalogue, Question, Resolver
from profilegen.probe.prober import ServerProber
from profilegen.probe.session import Patience
from profilegen.report import Report
from profilegen.settings.candidates import AccountPayload, Candidate, Resolution, Status, Tier
from profilegen.settings.servers import Server
from profilegen.settings.story import story
from profilegen.wiring.search import Equipment, make_finder
from tests.discovery.world import FakeCatalogue, StillClock, means, provider, server
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.https import Reply, ServeHttps, pages
from tests.lab.mail import DOMAIN, MailLab
from tests.lab.validating import fake_validating_resolver
from tests.probe.world import SystemClock

pytestmark = pytest.mark.servers

YOU = f"you@{DOMAIN}"
IMAPS = f"_imaps._tcp.{DOMAIN}. SRV 0 1 993 good.{DOMAIN}.\n"
SUBMISSION = f"_submission._tcp.{DOMAIN}. SRV 0 1 587 good.{DOMAIN}.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The mail servers of the lab, and a name server of this case's own."""

    dns: str
    ca: bytes
    catalogue: Catalogue

    def ask(self, address: str = YOU, *, trust: tuple[str, ...] = (), probe: bool = True, at: str = "") -> Resolution:
        """Look an address up; `at` is another name server."""
        equipment = Equipment(
            catalogue=self.catalogue,
            resolver=resolver_at(at or self.dns),
            clock=SystemClock() if probe else StillClock(),
            anchors=(self.ca,),
        )
        question = Question(address=Address.parse(address), probe=probe, trust=trust)
        return asyncio.run(make_finder(equipment, tls_contexts((self.ca,))).resolve(question))


MakeWorld = Callable[..., World]


@pytest.fixture(scope="module")
def real_catalogue(tmp_path_factory: pytest.TempPathFactory) -> FileCatalogue:
    from profilegen.catalogue.compile import ensure_index

    return FileCatalogue(ensure_index(find_resources().providers, tmp_path_factory.mktemp("index")))


@pytest.fixture
def world(mail_lab: MailLab, serve_zones: ServeZones, real_catalogue: FileCatalogue) -> MakeWorld:
    hosts = "".join(
        f"{name}. A {address}\n"
        for name, addresses in mail_lab.hosts.items()
        for address in addresses
        if "." in address
    )
    wronghost = f"other.{DOMAIN}. A {mail_lab.hosts[f'wronghost.{DOMAIN}'][0]}\n"

    def make(zone: str, catalogue: Catalogue = real_catalogue) -> World:
        return World(dns=serve_zones({".": hosts + wronghost + zone}), ca=mail_lab.ca_pem, catalogue=catalogue)

    return make


def chosen(resolution: Resolution) -> list[str | None]:
    return [
        None if found is None else f"{found.server.protocol}://{found.server.endpoint}"
        for found in (resolution.incoming, resolution.outgoing)
    ]


def codes(resolution: Resolution) -> list[str]:
    return [notice.code for notice in resolution.notices]


def sure(candidate: Candidate | None) -> Candidate:
    assert candidate is not None
    return candidate


GOOD = [f"imap://good.{DOMAIN}:993/tls", f"smtp://good.{DOMAIN}:587/starttls"]


# --- SRV -------------------------------------------------------------------------------------------------


def test_case_4_a_label_that_is_not_offered_says_nothing_about_its_sibling(world: MakeWorld) -> None:
    found = world(f"""
_imap._tcp.{DOMAIN}. SRV 0 0 0 .
_imaps._tcp.{DOMAIN}. SRV 0 1 993 good.{DOMAIN}.
_submission._tcp.{DOMAIN}. SRV 0 0 0 .
_submissions._tcp.{DOMAIN}. SRV 0 1 465 good.{DOMAIN}.
""").ask()
    assert (found.status, chosen(found)) == (Status.OK, [GOOD[0], f"smtp://good.{DOMAIN}:465/tls"])


def test_case_4_a_domain_that_declares_everything_missing_is_believed_and_nothing_is_guessed(world: MakeWorld) -> None:
    labels = ("imap", "imaps", "pop3", "pop3s", "submission", "submissions")
    none = "".join(f"_{label}._tcp.{DOMAIN}. SRV 0 0 0 .\n" for label in labels)
    found = world(none + f"mail.{DOMAIN}. A 127.0.0.1\n").ask()
    assert (found.status, chosen(found), codes(found)) == (Status.NO_IMAP, [None, None], ["declares_none"])
    assert "guess" not in {answer.kind for answer in found.heard}


@pytest.mark.parametrize(("priority", "protocol"), [(10, "pop3"), (0, "imap")])
def test_case_5_pop_wins_by_a_better_priority_and_imap_by_an_equal_one(
    world: MakeWorld, priority: int, protocol: str
) -> None:
    found = world(f"""
_pop3s._tcp.{DOMAIN}. SRV 0 1 995 good.{DOMAIN}.
_imaps._tcp.{DOMAIN}. SRV {priority} 1 993 good.{DOMAIN}.
{SUBMISSION}""").ask()
    assert (found.status, sure(found.incoming).server.protocol) == (Status.OK, protocol)
    assert {one.server.protocol for one in found.alternatives} == {"imap", "pop3"} - {protocol}


def test_case_6_the_port_is_believed_and_not_the_label(world: MakeWorld) -> None:
    found = world(f"{IMAPS}_submission._tcp.{DOMAIN}. SRV 0 1 465 good.{DOMAIN}.\n").ask()
    assert (found.status, chosen(found)[1]) == (Status.OK, f"smtp://good.{DOMAIN}:465/tls")
    assert codes(found) == ["mislabelled_port"]


FOREIGN = f"""
_imaps._tcp.company.test. SRV 0 1 993 good.{DOMAIN}.
_submission._tcp.company.test. SRV 0 1 587 good.{DOMAIN}.
"""


def test_case_7_a_foreign_target_is_not_connected_to_before_somebody_confirms_it(
    world: MakeWorld, mail_lab: MailLab
) -> None:
    asked = world(FOREIGN)
    connections = mail_lab.postfix_log.count("connect from")
    found = asked.ask("you@company.test")
    assert (found.status, chosen(found), sure(found.incoming).tier) == (Status.UNTRUSTED, GOOD, Tier.T4)
    assert (sure(found.incoming).probe, sure(found.outgoing).probe) == (None, None)
    assert mail_lab.postfix_log.count("connect from") == connections
    assert [f"--trust {DOMAIN}" in notice.text for notice in found.notices] == [True]
    confirmed = asked.ask("you@company.test", trust=(DOMAIN,))
    assert (confirmed.status, chosen(confirmed), sure(confirmed.incoming).tier) == (Status.OK, GOOD, Tier.T4)
    assert sure(confirmed.incoming).probe is not None
    assert asked.ask("you@company.test", trust=("hoster.test",)).status is Status.UNTRUSTED


def test_case_7_a_foreign_target_that_dnssec_vouches_for_is_the_domains_own_word(world: MakeWorld) -> None:
    asked = world(FOREIGN)
    with fake_validating_resolver(asked.dns) as validating:
        found = asked.ask("you@company.test", at=validating)
    assert (found.status, sure(found.incoming).tier) == (Status.OK, Tier.T2)
    assert sure(found.incoming).sources[0].dnssec is True


def test_case_8_a_server_without_tls_loses_to_any_with_it(world: MakeWorld) -> None:
    found = world(f"""{IMAPS}
_submission._tcp.{DOMAIN}. SRV 0 1 587 plain.{DOMAIN}.
_submissions._tcp.{DOMAIN}. SRV 10 1 465 good.{DOMAIN}.
""").ask()
    assert (found.status, chosen(found)[1]) == (Status.OK, f"smtp://good.{DOMAIN}:465/tls")
    (plain,) = [one for one in found.alternatives if one.server.host.startswith("plain.")]
    assert plain.probe is not None
    assert plain.probe.blocked_by == "starttls"


# --- filters, MX and providers ---------------------------------------------------------------------------

FILTERED = "firm.test. MX 10 mx0a-1.pphosted.com.\n"
SPF = 'firm.test. TXT "v=spf1 include:spf.protection.outlook.com -all"\n'
AUTODISCOVER = "autodiscover.firm.test. CNAME autodiscover.outlook.com.\n"


def test_case_14_behind_a_filter_two_traces_lead_to_the_provider_and_never_to_the_filter(world: MakeWorld) -> None:
    found = world(FILTERED + SPF + AUTODISCOVER).ask("you@firm.test")
    assert (found.status, found.provider, found.payload) == (
        Status.OAUTH_ONLY,
        "microsoft-365",
        AccountPayload.EXCHANGE,
    )
    assert {"mx_filter", "provider_hint"} <= set(codes(found))
    everyone = [*found.alternatives, sure(found.incoming), sure(found.outgoing)]
    assert not [one for one in everyone if "pphosted" in one.server.host]


@pytest.mark.parametrize("trace", [SPF, AUTODISCOVER])
def test_case_14_one_trace_alone_is_no_hint(world: MakeWorld, trace: str) -> None:
    found = world(FILTERED + trace).ask("you@firm.test")
    assert (found.status, chosen(found)) == (Status.NOT_FOUND, [None, None])
    assert {"mx_filter", "weak_provider_hint"} <= set(codes(found))


@pytest.mark.parametrize(
    ("mx", "name"),
    [("firm-test.mail.protection.outlook.com", "microsoft-365"), ("eur.olc.protection.outlook.com", "outlook")],
)
def test_case_15_tenants_and_consumers_of_microsoft_are_told_apart_and_neither_takes_a_password(
    world: MakeWorld, mx: str, name: str
) -> None:
    found = world(f"firm.test. MX 0 {mx}.\n").ask("you@firm.test")
    assert (found.status, found.provider, found.payload) == (Status.OAUTH_ONLY, name, AccountPayload.EXCHANGE)


LEFT_OVER = b"""<clientConfig version="1.1"><emailProvider id="firm.test">
  <incomingServer type="imap"><hostname>mail.firm.test</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>mail.firm.test</hostname><port>465</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""


def test_case_16_a_left_over_file_loses_to_the_provider_that_has_the_mail_now(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    page = pages({"firm.test/.well-known/autoconfig/mail/config-v1.1.xml": Reply(body=LEFT_OVER)})
    web = serve_https(authority.issue("firm.test"), page)
    found = world(f"firm.test. A {web.address}\nfirm.test. MX 0 firm-test.mail.protection.outlook.com.\n").ask(
        "you@firm.test"
    )
    assert (found.status, found.provider) == (Status.OAUTH_ONLY, "microsoft-365")
    assert [(one.direction, one.said_by, one.other) for one in found.conflicts] == [
        ("incoming", "autoconfig", "mail.firm.test:993/tls"),
        ("outgoing", "autoconfig", "mail.firm.test:465/tls"),
    ]


def test_case_17_the_best_mx_is_believed_and_a_second_provider_is_named(world: MakeWorld) -> None:
    asked = world("firm.test. MX 10 in1-smtp.messagingengine.com.\nfirm.test. MX 5 mx.zoho.eu.\n")
    found = asked.ask("you@firm.test", probe=False)
    assert (found.provider, codes(found).count("mx_ambiguous")) == ("zoho-workplace-eu", 1)
    assert any("fastmail" in one.server.host for one in found.alternatives)


# --- servers that do not answer, or answer as somebody else -----------------------------------------------


def test_case_23_a_submission_server_without_tls_is_refused(world: MakeWorld) -> None:
    found = world(f"{IMAPS}_submission._tcp.{DOMAIN}. SRV 0 1 587 plain.{DOMAIN}.\n").ask()
    assert (found.status, sure(found.outgoing).probe is not None) == (Status.REFUSED, True)


def test_case_24_port_25_is_never_selected(world: MakeWorld) -> None:
    found = world(f"{IMAPS}_submission._tcp.{DOMAIN}. SRV 0 1 25 good.{DOMAIN}.\n").ask()
    assert (found.status, found.outgoing, found.alternatives) == (Status.NOT_FOUND, None, ())


@contextmanager
def silent_host() -> Iterator[tuple[str, int]]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[:2]


def test_case_25_a_silent_server_costs_its_share_of_time_and_is_named(world: MakeWorld) -> None:
    hasty = Patience(connect=0.3, detect=0.3, greeting=0.3, reply=0.3, handshake=0.3)
    with silent_host() as (address, port):
        asked = world(f"""{SUBMISSION}
silent.{DOMAIN}. A {address}
_imap._tcp.{DOMAIN}. SRV 0 1 {port} silent.{DOMAIN}.
_imaps._tcp.{DOMAIN}. SRV 10 1 993 good.{DOMAIN}.
""")
        resolver: Resolver = resolver_at(asked.dns)
        tls, clock = tls_contexts((asked.ca,)), SystemClock()
        prober = ServerProber(resolver=resolver, tls=tls, clock=clock, patience=hasty)
        patient = ServerProber(resolver=resolver, tls=tls, clock=clock)
        engine = Discovery(
            sources=[SrvSource(resolver=resolver, clock=clock)],
            means=means(_FirstHasty(prober, patient, port), resolver=resolver),
        )
        found = asyncio.run(engine.resolve(Question(address=Address.parse(YOU))))
    assert (found.status, chosen(found), found.timed_out) == (Status.OK, GOOD, ("probe",))


class _FirstHasty:
    """Looks at one port without patience, at all others with it: what a filtered port costs is not waited for."""

    def __init__(self, hasty: ServerProber, patient: ServerProber, port: int) -> None:
        self._hasty, self._patient, self._port = hasty, patient, port

    async def examine(self, asked: Server) -> Report:
        return await (self._hasty if asked.port == self._port else self._patient).examine(asked)


WRONG_HOST = f"""
mail.{DOMAIN}. A {{address}}
_imaps._tcp.{DOMAIN}. SRV 0 1 993 mail.{DOMAIN}.
_submission._tcp.{DOMAIN}. SRV 0 1 587 mail.{DOMAIN}.
"""


def test_case_26_another_name_of_the_same_server_is_proposed_and_takes_a_word(
    world: MakeWorld, mail_lab: MailLab
) -> None:
    asked = world(WRONG_HOST.format(address=mail_lab.hosts[f"wronghost.{DOMAIN}"][0]))
    found = asked.ask()
    assert (found.status, chosen(found)[0]) == (Status.UNTRUSTED, f"imap://mail.{DOMAIN}:993/tls")
    proposed = [one for one in found.alternatives if one.sources[0].kind == "certificate"]
    assert [(one.server.endpoint, one.tier, one.probe) for one in proposed] == [
        (f"other.{DOMAIN}:993/tls", Tier.T4, None),
        (f"other.{DOMAIN}:587/starttls", Tier.T4, None),
    ]
    assert codes(found).count("certificate_names_other_host") == 1
    confirmed = asked.ask(trust=(DOMAIN,))
    assert (confirmed.status, chosen(confirmed)) == (
        Status.OK,
        [f"imap://other.{DOMAIN}:993/tls", f"smtp://other.{DOMAIN}:587/starttls"],
    )


def test_case_26_a_name_at_another_address_is_not_proposed(world: MakeWorld, mail_lab: MailLab) -> None:
    expired = mail_lab.hosts[f"expired.{DOMAIN}"][0]
    found = world(WRONG_HOST.format(address=expired)).ask()
    assert found.status is not Status.OK
    assert not [one for one in found.alternatives if one.sources[0].kind == "certificate"]


@pytest.mark.parametrize("host", ["expired", "untrusted"])
def test_case_26_a_certificate_that_is_expired_or_self_made_is_never_accepted(world: MakeWorld, host: str) -> None:
    found = world(f"{IMAPS}_submission._tcp.{DOMAIN}. SRV 0 1 587 {host}.{DOMAIN}.\n").ask(trust=(DOMAIN,))
    probe = sure(found.outgoing).probe
    assert (found.status, probe is not None and probe.ok) == (Status.UNTRUSTED, False)


# --- what the catalogue knows ----------------------------------------------------------------------------


def test_case_27_incoming_and_outgoing_user_names_stay_apart(world: MakeWorld) -> None:
    found = world("").ask("you@icloud.com", probe=False)
    assert (sure(found.incoming).server.username, sure(found.outgoing).server.username) == ("you", "you@icloud.com")


def test_case_28_an_entry_without_servers_hides_nothing(world: MakeWorld) -> None:
    known = FakeCatalogue(domains={DOMAIN: provider("lab")})
    found = world(IMAPS + SUBMISSION, known).ask()
    assert (found.status, chosen(found)) == (Status.OK, GOOD)


BOTH_WAYS = b"""<clientConfig version="1.1"><emailProvider id="firm.test">
  <incomingServer type="imap"><hostname>imap.firm.test</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username>{}</incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.firm.test</hostname><port>465</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username>{}</outgoingServer>
</emailProvider></clientConfig>"""
OAUTH = b"<authentication>OAuth2</authentication>"
PASSWORD = b"<authentication>password-cleartext</authentication>"


@pytest.mark.parametrize(
    ("methods", "status", "notice"),
    [(OAUTH + PASSWORD, Status.OK, "app_password_likely"), (OAUTH, Status.OAUTH_ONLY, "oauth_servers")],
)
def test_case_31_oauth_first_means_an_app_password_and_oauth_alone_no_password_at_all(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority, methods: bytes, status: Status, notice: str
) -> None:
    page = Reply(body=BOTH_WAYS.replace(b"{}", methods))
    web = serve_https(
        authority.issue("autoconfig.firm.test"), pages({"autoconfig.firm.test/mail/config-v1.1.xml": page})
    )
    found = world(f"autoconfig.firm.test. A {web.address}\n").ask("you@firm.test", probe=False)
    assert (found.status, codes(found)) == (status, [notice])


def test_case_32_a_disagreement_has_one_winner_and_is_shown_fifty_times_the_same(world: MakeWorld) -> None:
    hoster = provider(
        "hoster",
        server(f"imap://good.{DOMAIN}:993/tls"),
        server("smtp://smtp.hoster.test:587/starttls"),
        pattern="hoster.test",
    )
    zone = IMAPS + SUBMISSION + f"{DOMAIN}. MX 10 mx.hoster.test.\n"
    asked = world(zone, FakeCatalogue(mx={"hoster.test": hoster}))
    first = asked.ask(probe=False)
    assert [(one.direction, one.chosen, one.other, one.said_by) for one in first.conflicts] == [
        ("outgoing", f"good.{DOMAIN}:587/starttls", "smtp.hoster.test:587/starttls", "mx")
    ]
    assert any("disagree about outgoing" in line for line in story(first))
    assert all(asked.ask(probe=False) == first for _ in range(50))
