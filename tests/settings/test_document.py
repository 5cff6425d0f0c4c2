"""The JSON of a lookup: what it prints, what it reads back, and what it refuses."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import AddressProblem, SettingsProblem, UsageProblem
from profilegen.settings.candidates import (
    AccountPayload,
    Candidate,
    Conflict,
    Notice,
    ProbeResult,
    Resolution,
    Source,
    Status,
    Tier,
)
from profilegen.settings.document import (
    SETTABLE,
    SettingsDocument,
    apply_overrides,
    parse_settings,
    resolution_document,
    settings_document,
)
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, DavServer, Protocol, Security, Server

YOU = Address.parse("you@example.com")
IMAP = Server(
    protocol=Protocol.IMAP,
    host="imap.example.com",
    port=993,
    security=Security.TLS,
    auth=(Auth.PASSWORD,),
    username="you@example.com",
)
SMTP = Server(
    protocol=Protocol.SMTP,
    host="smtp.example.com",
    port=587,
    security=Security.STARTTLS,
    auth=(Auth.PASSWORD, Auth.CRAM_MD5),
    username="you",
)
SOURCE = Source(
    kind="catalogue",
    detail="example",
    fetched=datetime(2026, 3, 1, 12, 0, 30, 5, tzinfo=timezone(timedelta(hours=2))),
    sha256="ab" * 32,
)
RESOLUTION = Resolution(
    address=YOU,
    status=Status.APP_PASSWORD,
    payload=AccountPayload.GOOGLE,
    incoming=Candidate(server=IMAP, sources=(SOURCE,), tier=Tier.T1, probe=ProbeResult(ok=True, detail="fine")),
    conflicts=(Conflict(direction="incoming", chosen="a.example", other="b.example", said_by="srv"),),
    notices=(Notice(code="app_password_required", text="Make one.", url="https://example.com/help"),),
    timed_out=("ispdb",),
)


def lookup_object(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "address": "you@example.com",
        "incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},
        "outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"},
    }
    return {**values, **changes}


def outgoing(**changes: object) -> str:
    server = {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls", **changes}
    return json.dumps(lookup_object(outgoing=server))


def only(text: str) -> SettingsDocument:
    (document,) = parse_settings(text)
    return document


# --- printing ---------------------------------------------------------------------------------------------


def test_a_resolution_becomes_exactly_the_object_of_the_contract() -> None:
    assert resolution_document(RESOLUTION) == {
        "address": "you@example.com",
        "domain": "example.com",
        "status": "app_password",
        "payload": "com.apple.google-oauth",
        "incoming": {
            "protocol": "imap",
            "host": "imap.example.com",
            "port": 993,
            "security": "tls",
            "auth": ["password"],
            "username": "you@example.com",
            "tier": "T1",
            "probe": {"ok": True},
            "sources": [
                {
                    "kind": "catalogue",
                    "detail": "example",
                    "url": None,
                    "fetched": "2026-03-01T10:00:30Z",
                    "sha256": "ab" * 32,
                    "dnssec": None,
                }
            ],
        },
        "outgoing": None,
        "alternatives": [],
        "conflicts": [{"direction": "incoming", "chosen": "a.example", "other": "b.example", "said_by": "srv"}],
        "timed_out": ["ispdb"],
        "notices": [{"code": "app_password_required", "text": "Make one.", "url": "https://example.com/help"}],
    }


def test_the_keys_come_in_the_order_of_the_contract() -> None:
    assert list(resolution_document(RESOLUTION)) == [
        *("address", "domain", "status", "payload", "incoming", "outgoing", "alternatives", "conflicts", "timed_out"),
        "notices",
    ]


def test_a_failed_probe_says_where_it_stopped() -> None:
    probe = ProbeResult(ok=False, detail="refused", blocked_by="connect")
    candidate = Candidate(server=SMTP, sources=(), tier=Tier.T3, probe=probe)
    document = resolution_document(Resolution(address=YOU, status=Status.UNREACHABLE, alternatives=(candidate,)))
    assert document["alternatives"] == [
        {
            "protocol": "smtp",
            "host": "smtp.example.com",
            "port": 587,
            "security": "starttls",
            "auth": ["password", "cram-md5"],
            "username": "you",
            "tier": "T3",
            "probe": {"ok": False, "blocked_by": "connect", "detail": "refused"},
            "sources": [],
        }
    ]


# --- there and back ---------------------------------------------------------------------------------------

hosts = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,8}[a-z0-9])?){1,3}", fullmatch=True)
words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zs", "Zl", "Zp"]), min_size=1, max_size=20)
locals_ = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True)
addresses = st.builds(Address, local=locals_, domain=hosts)
moments = st.none() | st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive and adds the zone itself
    timezones=st.just(UTC),
)


@st.composite
def servers(draw: st.DrawFn, protocols: tuple[Protocol, ...]) -> Server:
    port = draw(st.integers(1, 65535).filter(lambda port: port != 25))
    methods = draw(st.lists(st.sampled_from([method for method in Auth if method is not Auth.NONE]), min_size=1))
    return Server(
        protocol=draw(st.sampled_from(protocols)),
        host=draw(hosts),
        port=port,
        security=SECURITY_OF_PORT.get(port) or draw(st.sampled_from(Security)),
        auth=tuple(methods),
        username=draw(words),
    )


def candidates(*protocols: Protocol) -> st.SearchStrategy[Candidate]:
    sources = st.builds(
        Source,
        kind=words,
        detail=st.text(),
        fetched=moments,
        sha256=st.none() | words,
        dnssec=st.none() | st.booleans(),
    )
    return st.builds(
        Candidate,
        server=servers(protocols),
        sources=st.lists(sources, max_size=2).map(tuple),
        tier=st.sampled_from(Tier),
        probe=st.none() | st.builds(ProbeResult, ok=st.booleans(), detail=st.text(), blocked_by=st.none() | words),
    )


notices = st.lists(st.builds(Notice, code=words, text=words, url=st.none() | words), max_size=2).map(tuple)
resolutions = st.builds(
    Resolution,
    address=addresses,
    status=st.sampled_from([status for status in Status if status is not Status.INVALID]),
    payload=st.none() | st.sampled_from(AccountPayload),
    incoming=st.none() | candidates(Protocol.IMAP, Protocol.POP),
    outgoing=st.none() | candidates(Protocol.SMTP),
    alternatives=st.lists(candidates(*Protocol), max_size=2).map(tuple),
    notices=notices,
)


@given(resolutions)
def test_what_lookup_prints_is_read_back_as_the_same_settings(resolution: Resolution) -> None:
    document = only(json.dumps(resolution_document(resolution)))
    assert document == SettingsDocument(
        address=resolution.address,
        status=resolution.status,
        payload=resolution.payload,
        incoming=None if resolution.incoming is None else resolution.incoming.server,
        outgoing=None if resolution.outgoing is None else resolution.outgoing.server,
        notices=resolution.notices,
    )


@given(
    st.builds(
        SettingsDocument,
        address=addresses,
        incoming=st.none() | servers((Protocol.IMAP, Protocol.POP)),
        outgoing=st.none() | servers((Protocol.SMTP,)),
        notices=notices,
        name=st.none() | words,
        aliases=st.lists(addresses, max_size=2).map(tuple),
        caldav=st.none() | st.builds(DavServer, host=hosts, username=words, port=st.integers(1, 65535)),
        carddav=st.none() | st.builds(DavServer, host=hosts, username=words, principal_url=st.just("/dav/you/")),
    )
)
def test_settings_survive_their_own_json(document: SettingsDocument) -> None:
    assert only(json.dumps(settings_document(document))) == document
    assert apply_overrides(document, {}) == document


# --- reading ----------------------------------------------------------------------------------------------


def test_a_short_object_written_by_hand_gets_the_usual_login() -> None:
    document = only("\ufeff" + json.dumps(lookup_object(incoming=None)))
    assert document.incoming is None
    assert document.outgoing == Server(
        protocol=Protocol.SMTP,
        host="smtp.example.com",
        port=587,
        security=Security.STARTTLS,
        auth=(Auth.PASSWORD,),
        username="you@example.com",
    )


@pytest.mark.parametrize("shape", ["array", "lines", "pretty"])
def test_several_addresses_may_come_as_an_array_or_line_by_line(shape: str) -> None:
    objects = [lookup_object(), lookup_object(address="me@example.com")]
    text = {
        "array": json.dumps(objects),
        "lines": "\n".join(json.dumps(item) for item in objects) + "\r\n\n",
        "pretty": "\n".join(json.dumps(item, indent=2) for item in objects),
    }[shape]
    assert [str(document.address) for document in parse_settings(text)] == ["you@example.com", "me@example.com"]


def test_a_field_lookup_does_not_print_is_named_and_not_used() -> None:
    document = only(outgoing(usernme="me"))
    assert [(notice.code, notice.text) for notice in document.notices] == [
        ("unknown_setting", '"outgoing.usernme" is no setting and was not used.')
    ]


def test_what_lookup_says_about_no_address_is_left_out() -> None:
    text = json.dumps([{"address": "nobody", "status": "invalid"}, lookup_object()])
    assert only(text).address == YOU


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"port": 25}, "port", "port 25 is for mail between servers"),
        ({"port": 0}, "port", "port 0 does not exist"),
        ({"port": 70000}, "port", "port 70000 does not exist"),
        ({"port": True}, "port", "is true, not a whole number"),
        ({"port": 587.0}, "port", "is the number 587.0, not a whole number"),
        ({"port": "587"}, "port", 'is the text "587", not a whole number'),
        ({"port": None}, "port", "no port is given"),
        ({"security": "none"}, "security", 'is "none"; it must be one of tls, starttls'),
        ({"security": "plain"}, "security", 'is "plain"; it must be one of tls, starttls'),
        ({"security": None}, "security", "is missing"),
        ({"security": "tls"}, "security", "port 587 speaks starttls, not tls"),
        ({"protocol": "lmtp"}, "protocol", 'is "lmtp"; it must be one of imap, pop3, smtp'),
        ({"protocol": "imap"}, "protocol", "is imap; it must be one of smtp"),
        ({"host": None}, "host", "no host name is given"),
        ({"host": "https://smtp.example.com"}, "host", "is not a host name"),
        ({"host": ["smtp.example.com"]}, "host", "is an array, not a text"),
        ({"auth": "password"}, "auth", 'is the text "password", not an array'),
        ({"auth": []}, "auth", "a server without login does not relay"),
        ({"auth": ["password", "none"]}, "auth", "a server without login does not relay"),
        ({"auth": ["password", None]}, "auth[1]", "is null"),
        ({"auth": ["basic"]}, "auth[0]", 'is "basic"; it must be one of'),
        ({"username": ""}, "username", "is empty"),
        ({"username": "you\r\n"}, "username", "a line break"),
        ({"username": "\ud800"}, "username", "U+D800"),
    ],
)
def test_a_server_that_cannot_be_right_is_refused_by_address_and_field(
    changes: dict[str, object], field: str, reason: str
) -> None:
    with pytest.raises(SettingsProblem) as caught:
        parse_settings(outgoing(**changes))
    assert caught.value.message.startswith(f'The settings of you@example.com cannot be used: "outgoing.{field}" ')
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outgoing": "smtp.example.com"}, "outgoing"),
        ({"status": "fine"}, "status"),
        ({"payload": "com.apple.mail.managed"}, "payload"),
        ({"aliases": ["you"]}, "aliases[0]"),
        ({"aliases": [None]}, "aliases[0]"),
        ({"notices": [{"code": 5}]}, "notices[0].code"),
        ({"name": {"first": "You"}}, "name"),
        ({"caldav": {"port": 443}}, "caldav.host"),
        ({"carddav": {"host": "dav.example.com", "port": 65536}}, "carddav.port"),
        ({"carddav": {"host": "dav.example.com", "principal_url": "http://x/"}}, "carddav.principal_url"),
    ],
)
def test_every_other_field_is_read_just_as_hard(changes: dict[str, object], field: str) -> None:
    with pytest.raises(SettingsProblem, match=r"of you@example\.com cannot be used") as caught:
        parse_settings(json.dumps(lookup_object(**changes)))
    assert f'"{field}" ' in caught.value.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it holds no settings"),
        ("[]", "it holds no settings"),
        ("nonsense", "column 1 is not JSON"),
        (json.dumps(lookup_object()) + "\nnonsense", "line 2 column 1 is not JSON"),
        ('{"address": "you@example.com"', "is not JSON"),
        ("[1]", "something else than objects"),
        ("[[]]", "something else than objects"),
        ('{"incoming": null}', 'no "address"'),
        ('{"address": 7}', 'no "address"'),
        ('{"address": "you@example.com", "x": NaN}', "NaN is not JSON"),
        ('{"address": "you@example.com", "x": -Infinity}', "-Infinity is not JSON"),
        ('{"address": "you@example.com", "port": 587, "port": 25}', 'gives "port" twice'),
        ('{"address": "you@example.com", "x": ' + "9" * 5000 + "}", "a number of 5000 digits"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        ('{"address": "you@example.com",\n"x": "' + "x" * 10_000_000 + '"}', "line 2 is longer than 1048576"),
        (json.dumps([lookup_object(), lookup_object(address="YOU@example.com")]), "YOU@example.com appears twice"),
    ],
    ids=range(17),
)
def test_a_file_that_is_no_settings_file_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        parse_settings(text)
    assert reason in caught.value.message
    assert len(caught.value.message) < 300


def test_settings_for_no_mail_address_are_an_address_problem() -> None:
    with pytest.raises(AddressProblem, match="it has no @"):
        parse_settings('{"address": "you"}')


json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["smtp", "tls", "you@a.b"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(sorted(resolution_document(RESOLUTION))) | st.text(), inner)
    ),
    max_leaves=20,
).map(json.dumps)


@given(json_texts | st.text())
def test_no_json_at_all_brings_out_another_error(text: str) -> None:
    with contextlib.suppress(SettingsProblem, AddressProblem):
        assert parse_settings(text)


@given(
    st.dictionaries(
        st.sampled_from(["protocol", "host", "port", "security", "auth", "username", "tier"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_no_server_object_brings_out_another_error(server: dict[str, object]) -> None:
    with contextlib.suppress(SettingsProblem):
        assert only(json.dumps(lookup_object(incoming=server))).incoming is not None


# --- overrides --------------------------------------------------------------------------------------------

DOCUMENT = SettingsDocument(address=YOU, incoming=IMAP, outgoing=SMTP)


def test_a_single_field_can_be_changed_and_the_rest_stays() -> None:
    changed = apply_overrides(DOCUMENT, {"outgoing.host": "mail.example.net", "name": "You", "organization": "Ours"})
    assert changed.incoming == IMAP
    assert changed.outgoing is not None
    assert changed.outgoing.endpoint == "mail.example.net:587/starttls"
    assert changed.outgoing.username == "you"
    assert (changed.name, changed.organization) == ("You", "Ours")


def test_a_well_known_port_brings_its_own_tls_mode() -> None:
    changed = apply_overrides(DOCUMENT, {"outgoing.port": "465"})
    assert changed.outgoing is not None
    assert changed.outgoing.endpoint == "smtp.example.com:465/tls"


def test_an_unresolved_direction_can_be_given_whole() -> None:
    empty = SettingsDocument(address=YOU, status=Status.NOT_FOUND)
    changed = apply_overrides(
        empty, {"incoming.host": "pop.example.com", "incoming.port": "995", "incoming.protocol": "pop3"}
    )
    assert changed.incoming is not None
    assert (changed.incoming.endpoint, changed.incoming.protocol) == ("pop.example.com:995/tls", Protocol.POP)
    assert changed.outgoing is None


def test_login_methods_are_a_comma_list() -> None:
    changed = apply_overrides(DOCUMENT, {"incoming.auth": "cram-md5, password"})
    assert changed.incoming is not None
    assert changed.incoming.auth == (Auth.CRAM_MD5, Auth.PASSWORD)


def test_a_calendar_server_can_be_added() -> None:
    changed = apply_overrides(DOCUMENT, {"caldav.host": "dav.example.com"})
    assert changed.caldav == DavServer(host="dav.example.com", username="you@example.com")


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"outgoing.port": "25"}, "outgoing.port"),
        ({"outgoing.port": "smtp"}, "outgoing.port"),
        ({"outgoing.port": "9" * 5000}, "outgoing.port"),
        ({"outgoing.security": "none"}, "outgoing.security"),
        ({"incoming.auth": "none"}, "incoming.auth"),
        ({"incoming.host": ""}, "incoming.host"),
        ({"incoming.port": "465", "incoming.security": "starttls"}, "incoming.security"),
    ],
)
def test_an_override_that_cannot_be_right_is_refused_by_its_key(overrides: dict[str, str], field: str) -> None:
    with pytest.raises(SettingsProblem, match=f'"{field}" '):
        apply_overrides(DOCUMENT, overrides)


@pytest.mark.parametrize("key", ["outgoing.prot", "status", "address", "incoming", "caldav.security", "", "."])
def test_an_unknown_key_is_answered_with_the_known_ones(key: str) -> None:
    with pytest.raises(UsageProblem, match="There is no setting") as caught:
        apply_overrides(DOCUMENT, {key: "x"})
    assert not isinstance(caught.value, SettingsProblem)
    assert all(known in caught.value.hint for known in SETTABLE)
