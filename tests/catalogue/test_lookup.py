"""Golden answers for the providers people really have, wildcards, and MX matching at label boundaries."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.catalogue.compile import build_index
from profilegen.catalogue.index import Record
from profilegen.catalogue.lookup import FileCatalogue
from profilegen.errors import MachineProblem
from profilegen.ports import ProviderAnswer
from profilegen.settings.candidates import AccountPayload, Status

ADDRESS = "First.Last@"


def by_domain(catalogue: FileCatalogue, domain: str) -> ProviderAnswer:
    answer = asyncio.run(catalogue.by_domain(Address.parse(ADDRESS + domain)))
    assert answer is not None, domain
    return answer


def by_mx(catalogue: FileCatalogue, host: str) -> str | None:
    answer = asyncio.run(catalogue.by_mx(Address.parse("you@customer.example"), host))
    return None if answer is None else answer.provider


def lines(answer: ProviderAnswer) -> list[str]:
    return [f"{server.protocol} {server.endpoint} {server.username}" for server in answer.servers]


def codes(answer: ProviderAnswer) -> set[str]:
    return {notice.code for notice in answer.advice.notices}


def test_gmail_wants_an_app_password_and_has_a_payload(catalogue: FileCatalogue) -> None:
    answer = by_domain(catalogue, "googlemail.com")
    assert answer.provider == "gmail"
    assert (answer.advice.status, answer.advice.payload) == (Status.APP_PASSWORD, AccountPayload.GOOGLE)
    assert lines(answer) == [
        "imap imap.gmail.com:993/tls First.Last@googlemail.com",
        "pop3 pop.gmail.com:995/tls First.Last@googlemail.com",
        "smtp smtp.gmail.com:587/starttls First.Last@googlemail.com",
        "smtp smtp.gmail.com:465/tls First.Last@googlemail.com",
    ]
    assert "app_password_required" in codes(answer)
    assert len(answer.sha256) == 64 and answer.checked == "2026-11-23" and answer.pattern is None


def test_icloud_has_another_user_name_in_each_direction(catalogue: FileCatalogue) -> None:
    for domain in ("icloud.com", "me.com", "mac.com"):
        answer = by_domain(catalogue, domain)
        assert answer.advice.status is Status.APP_PASSWORD
        assert lines(answer) == [
            "imap imap.mail.me.com:993/tls First.Last",
            f"smtp smtp.mail.me.com:587/starttls First.Last@{domain}",
        ]


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("outlook.com", "outlook"),
        ("hotmail.com", "outlook"),
        ("live.com", "outlook"),
        ("msn.com", "outlook"),
        ("hotmail.co.uk", "outlook"),
        ("contoso.onmicrosoft.com", "microsoft-365"),
        ("mit.edu", "mit"),
    ],
)
def test_microsoft_is_oauth_only_with_the_exchange_payload(
    catalogue: FileCatalogue, domain: str, provider: str
) -> None:
    answer = by_domain(catalogue, domain)
    assert answer.provider == provider
    assert (answer.advice.status, answer.advice.payload) == (Status.OAUTH_ONLY, AccountPayload.EXCHANGE)
    assert "oauth_sign_in" in codes(answer)


def test_the_end_of_smtp_auth_is_told_with_the_date_that_holds(catalogue: FileCatalogue) -> None:
    text = " ".join(notice.text for notice in by_domain(catalogue, "contoso.onmicrosoft.com").advice.notices)
    assert "end of December 2026" in text and "March" not in text
    assert "2024-09-16" in by_domain(catalogue, "outlook.com").advice.notices[0].text


@pytest.mark.parametrize(
    ("domain", "provider", "host"),
    [
        ("yahoo.com", "yahoo", "imap.mail.yahoo.com"),
        ("ymail.com", "yahoo", "imap.mail.yahoo.com"),
        ("aol.com", "aol", "imap.aol.com"),
        ("aim.com", "aol", "imap.aol.com"),
        ("verizon.net", "verizon", "imap.aol.com"),
        ("att.net", "att", "imap.mail.att.net"),
        ("yandex.ru", "yandex", "imap.yandex.com"),
        ("mail.ru", "mail-ru", "imap.mail.ru"),
        ("163.com", "netease-163", "imap.163.com"),
        ("fastmail.com", "fastmail", "imap.fastmail.com"),
        ("posteo.de", "posteo", "posteo.de"),
        ("t-online.de", "t-online", "secureimap.t-online.de"),
        ("qq.com", "qq", "imap.qq.com"),
    ],
)
def test_these_want_a_password_of_their_own(catalogue: FileCatalogue, domain: str, provider: str, host: str) -> None:
    answer = by_domain(catalogue, domain)
    assert (answer.provider, answer.advice.status) == (provider, Status.APP_PASSWORD)
    assert answer.servers[0].host == host
    assert codes(answer) & {"app_password_required", "separate_mail_password"}


@pytest.mark.parametrize("domain", ["proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.io", "hey.com"])
def test_where_there_is_no_imap_no_server_is_offered(catalogue: FileCatalogue, domain: str) -> None:
    answer = by_domain(catalogue, domain)
    assert (answer.advice.status, answer.servers) == (Status.NO_IMAP, ())
    assert "no_imap" in codes(answer)


def test_services_that_ended_say_so(catalogue: FileCatalogue) -> None:
    for domain in ("skiff.com", "openmailbox.org"):
        answer = by_domain(catalogue, domain)
        assert (answer.advice.status, answer.servers) == (Status.DEAD, ())


def test_gmx_com_and_gmx_net_are_two_services(catalogue: FileCatalogue) -> None:
    assert lines(by_domain(catalogue, "gmx.com"))[0] == "imap imap.gmx.com:993/tls First.Last@gmx.com"
    assert lines(by_domain(catalogue, "gmx.de"))[0] == "imap imap.gmx.net:993/tls First.Last@gmx.de"
    for domain in ("gmx.com", "gmx.de"):
        answer = by_domain(catalogue, domain)
        assert answer.advice.status is Status.OK and "enable_imap_first" in codes(answer)


def test_web_de_logs_in_with_the_local_part(catalogue: FileCatalogue) -> None:
    answer = by_domain(catalogue, "web.de")
    assert lines(answer)[0] == "imap imap.web.de:993/tls First.Last"
    assert "smtp smtp.web.de:587/starttls First.Last" in lines(answer)


@pytest.mark.parametrize(
    ("domain", "region"),
    [
        ("zoho.com", "zoho.com"),
        ("zohomail.eu", "zoho.eu"),
        ("zoho.in", "zoho.in"),
        ("zoho.com.au", "zoho.com.au"),
        ("zoho.jp", "zoho.jp"),
        ("zohocloud.ca", "zohocloud.ca"),
    ],
)
def test_zoho_stays_in_its_region(catalogue: FileCatalogue, domain: str, region: str) -> None:
    hosts = {server.host.partition(".")[2] for server in by_domain(catalogue, domain).servers}
    assert hosts == {region}


def test_a_user_name_can_hold_both_parts(catalogue: FileCatalogue) -> None:
    assert by_domain(catalogue, "dd.iij4u.or.jp").servers[0].username == "First.Last.dd.iij4u.or.jp"


def test_a_local_part_that_looks_like_a_placeholder_stays_what_it_is(catalogue: FileCatalogue) -> None:
    answer = asyncio.run(catalogue.by_domain(Address.parse("%EMAILDOMAIN%@gmail.com")))
    assert answer is not None and answer.servers[0].username == "%EMAILDOMAIN%@gmail.com"


def test_a_host_can_hold_the_domain(catalogue: FileCatalogue) -> None:
    assert by_domain(catalogue, "inbox.lt").servers[0].host == "mail.inbox.lt"


def test_plain_text_servers_are_not_offered_but_named(catalogue: FileCatalogue) -> None:
    answer = by_domain(catalogue, "nifty.com")
    assert answer.servers == () and codes(answer) == {"no_tls_offered"}


def test_google_com_is_no_mail_domain_of_the_public(catalogue: FileCatalogue) -> None:
    assert asyncio.run(catalogue.by_domain(Address.parse("you@google.com"))) is None


def test_587_with_starttls_comes_first_wherever_it_is_offered(catalogue: FileCatalogue) -> None:
    for record in catalogue.records():
        ports = [(server["port"], server["security"]) for server in record.get("smtp", ())]
        assert (587, "starttls") not in ports[1:] or ports[0] == (587, "starttls"), record["id"]


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("contoso-com.mail.protection.outlook.com", "microsoft-365"),
        ("CONTOSO-COM.MAIL.PROTECTION.OUTLOOK.COM.", "microsoft-365"),
        ("contoso-com.a-v1.mx.microsoft", "microsoft-365"),
        ("eur.olc.protection.outlook.com", "outlook"),
        ("protection.outlook.com", "microsoft-365"),
        ("notprotection.outlook.com", None),
        ("notprotection.outlook.com.evil.test", None),
        ("protection.outlook.com.evil.test", None),
        ("aspmx.l.google.com", "google-workspace"),
        ("alt1.aspmx.l.google.com", "google-workspace"),
        ("aspmx2.googlemail.com", "google-workspace"),
        ("smtp.google.com", "google-workspace"),
        ("evilgooglemail.com", None),
        ("alt4.gmail-smtp-in.l.google.com", "gmail"),
        ("google.com", None),
        ("mta5.am0.yahoodns.net", None),
        ("mail.gm0.yahoodns.net", None),
        ("in1-smtp.messagingengine.com", "fastmail"),
        ("mx.zoho.eu", "zoho-workplace-eu"),
        ("mx00.kundenserver.de", "ionos"),
        ("mxbiz1.qq.com", "tencent-exmail"),
        ("", None),
        ("com", None),
        ("..", None),
    ],
)
def test_mx_names_match_at_label_boundaries_the_longest_first(
    catalogue: FileCatalogue, host: str, provider: str | None
) -> None:
    assert by_mx(catalogue, host) == provider


def test_an_mx_answer_names_the_pattern_and_fills_in_the_customer_domain(catalogue: FileCatalogue) -> None:
    answer = asyncio.run(catalogue.by_mx(Address.parse("you@customer.example"), "mx.zoho.com"))
    assert answer is not None
    assert (answer.pattern, answer.servers[0].host) == ("zoho.com", "imappro.zoho.com")
    assert answer.servers[0].username == "you@customer.example"


RECORDS: list[Record] = [
    {"id": "exact", "domains": ["a.wild.example"]},
    {"id": "near", "domains": ["*.b.wild.example"]},
    {"id": "wide", "domains": ["*.wild.example"]},
]


@pytest.fixture
def wild(tmp_path: Path) -> Iterator[FileCatalogue]:
    path = tmp_path / "wild.idx"
    common = {"name": "X", "status": "ok", "sha256": "0", "checked": "2026-11-23"}
    path.write_bytes(build_index([{**common, **record} for record in RECORDS]))
    yield FileCatalogue(path)


@pytest.mark.parametrize(
    ("domain", "provider", "pattern"),
    [
        ("a.wild.example", "exact", None),
        ("x.wild.example", "wide", "*.wild.example"),
        ("x.y.wild.example", "wide", "*.wild.example"),
        ("x.b.wild.example", "near", "*.b.wild.example"),
        ("b.wild.example", "wide", "*.wild.example"),
    ],
)
def test_exact_names_beat_wildcards_and_near_wildcards_beat_wide_ones(
    wild: FileCatalogue, domain: str, provider: str, pattern: str | None
) -> None:
    answer = by_domain(wild, domain)
    assert (answer.provider, answer.pattern) == (provider, pattern)


@pytest.mark.parametrize("domain", ["wild.example", "notwild.example", "example.com"])
def test_a_wildcard_covers_neither_its_own_name_nor_a_neighbour(wild: FileCatalogue, domain: str) -> None:
    assert asyncio.run(wild.by_domain(Address.parse(f"you@{domain}"))) is None


def test_a_record_has_everything_the_file_says(catalogue: FileCatalogue) -> None:
    record = catalogue.record("gmail")
    assert record is not None
    assert record["domains"] == ["gmail.com", "googlemail.com"]
    assert {source["name"] for source in record["sources"]} >= {"ispdb", "k9", "nodemailer", "deltachat", "mailcore2"}
    assert catalogue.record("nothing") is None


@pytest.mark.parametrize(
    "server",
    [
        {"host": "imap.example.com"},
        {"host": "imap.example.com", "port": 25, "security": "tls", "auth": ["password"], "username": "x"},
        {"host": "imap.example.com", "port": 993, "security": "tls", "auth": ["magic"], "username": "x"},
        {"host": "%FOO%", "port": 993, "security": "tls", "auth": ["password"], "username": "x"},
    ],
)
def test_an_entry_that_cannot_be_used_is_a_fault_of_the_installation(tmp_path: Path, server: Record) -> None:
    path = tmp_path / "bad.idx"
    record = {"id": "bad", "name": "Bad", "status": "ok", "checked": "2026-11-23", "domains": ["bad.example"]}
    path.write_bytes(build_index([{**record, "sha256": "0", "imap": [server]}]))
    with pytest.raises(MachineProblem, match='"bad" cannot be used') as caught:
        by_domain(FileCatalogue(path), "bad.example")
    assert caught.value.code == "catalogue_unusable"


# --- by mail server ---------------------------------------------------------------------------------------


def by_host(catalogue: FileCatalogue, host: str) -> str | None:
    answer = asyncio.run(catalogue.by_host(Address.parse("you@customer.example"), host))
    return None if answer is None else answer.provider


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("imap.fastmail.com", "fastmail"),
        ("imap.gmail.com", "google-workspace"),
        ("outlook.office365.com", "microsoft-365"),
        ("imap.aol.com", None),
        ("smtp.sendgrid.net", None),
        ("imap.customer.example", None),
    ],
)
def test_a_mail_server_leads_to_the_provider_whose_customers_bring_domains(
    catalogue: FileCatalogue, host: str, provider: str | None
) -> None:
    assert by_host(catalogue, host) == provider
