"""Reading mail logs. Postfix and Dovecot lines were written by Postfix 3.7.11 and Dovecot 2.3.19 of the tests' lab."""

import string
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.diagnosis.maillog.line import LONGEST_LINE, Stamps, split_line
from profilegen.diagnosis.maillog.mailenable import MailEnableLog
from profilegen.diagnosis.maillog.people import SPRAYING, Ours, PeopleTally, Person, Trouble, roster_addresses
from profilegen.diagnosis.maillog.postfix import PostfixLog
from profilegen.diagnosis.maillog.volume import RECIPIENTS_PER_HOUR, VolumeTally
from profilegen.diagnosis.maillog.watch import Watch
from profilegen.diagnosis.replies import Stage

NOW = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)
HEAD = "Mar  1 10:00:{second:02} mail postfix/{service}smtpd[77]: "
REFUSED = (
    "NOQUEUE: reject: RCPT from unknown[127.0.0.9]: 554 5.7.1 <x@example.org>: Relay access denied; "
    "from=<alice@lab.test> to=<x@example.org> proto=ESMTP helo=<[192.168.1.7]>"
)


def utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC)


def read(lines: Iterable[str], plain_port: int | None = 25) -> list[LogEvent]:
    return list(PostfixLog(Stamps(now=NOW, localise=utc), plain_port=plain_port).read(lines))


def session(
    *messages: str, service: str = "submission/", end: str = "ehlo=2 starttls=1 quit=1 commands=4"
) -> list[str]:
    """One session of one client."""
    lines = ["connect from unknown[127.0.0.9]", *messages, f"disconnect from unknown[127.0.0.9] {end}"]
    return [HEAD.format(second=second, service=service) + message for second, message in enumerate(lines)]


# --- lines and times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "when"),
    [
        ("Mar  1 10:00:02", datetime(2031, 3, 1, 10, 0, 2, tzinfo=UTC)),
        ("Dec 31 23:59:59", datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Feb 29 10:00:00", datetime(2028, 2, 29, 10, 0, 0, tzinfo=UTC)),
        ("2031-03-01T11:00:00.25+01:00", datetime(2031, 3, 1, 10, 0, 0, 250000, tzinfo=UTC)),
        ("2031-03-01T10:00:00+0000", datetime(2031, 3, 1, 10, 0, 0, tzinfo=UTC)),
        ("Feb 30 10:00:00", None),
    ],
)
def test_a_time_without_a_year_is_the_latest_that_has_been(stamp: str, when: datetime | None) -> None:
    assert Stamps(now=NOW, localise=utc).read(stamp) == when


def test_what_could_write_all_over_a_terminal_is_taken_out_of_a_line() -> None:
    line = split_line("Mar  1 10:00:00 mail postfix/smtpd[1]: helo=<\x1b[31m\u202emoc\x07>")

    assert line is not None
    assert line.message == "helo=<?[31m?moc?>"


@given(st.text(max_size=200) | st.sampled_from([REFUSED, "connect from", "status=", "client=", "nrcpt="]))
def test_no_text_breaks_the_reader_of_postfix(text: str) -> None:
    head = HEAD.format(second=0, service="")
    for event in read([text, head + text, head.replace("smtpd", "qmgr") + text, "Mar  1 10:00:00 imap-login: " + text]):
        assert all(word.isprintable() for word in (event.text, event.address, event.sender, event.helo, event.client))


PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "NOQUEUE: reject: RCPT from ",
                "unknown[127.0.0.9]",
                ": 554 5.7.1 ",
                "; from=<",
                "> to=<",
                "> proto=ESMTP",
            ),
            *(" helo=<", ">", "warning: ", "SASL PLAIN authentication failed: ", ", sasl_username=", "A1B2: client="),
            *("disconnect from ", "connect from ", " auth=0/1", " commands=1", "\x1b[2J", "a@b.test", ": "),
        ]
    ),
    max_size=14,
).map("".join)


@given(st.lists(PIECES, max_size=6))
def test_pieces_of_real_lines_in_any_order_bring_out_nothing_unprintable(messages: list[str]) -> None:
    tally, volume = PeopleTally(Ours()), VolumeTally()
    for event in read(session(*messages)):
        assert event.address.isprintable() and event.text.isprintable()
        tally.add(event)
        volume.add(event)
    tally.people()
    volume.findings()


def test_a_line_without_end_is_cut() -> None:
    [event] = read(session(REFUSED + "x" * 10 * LONGEST_LINE))

    assert len(event.helo) < LONGEST_LINE


# --- what a session was ----------------------------------------------------------------------------------


def test_a_refusal_without_login_is_told_from_one_with_it_by_the_end_of_the_session() -> None:
    [without] = read(session(REFUSED, service=""))
    [within] = read(session(REFUSED, end="ehlo=2 starttls=1 auth=1 mail=1 rcpt=0/1 commands=5/6"))

    assert (without.login, without.port, without.cause) == (False, 25, Cause.AUTH_NOT_CONFIGURED)
    assert (within.login, within.tls, within.port) == (True, True, 587)
    assert within.cause is not Cause.AUTH_NOT_CONFIGURED
    assert (without.address, without.recipient, without.helo) == ("alice@lab.test", "x@example.org", "[192.168.1.7]")
    assert without.text == "554 5.7.1 <x@example.org>: Relay access denied"
    assert without.when == datetime(2031, 3, 1, 10, 0, 1, tzinfo=UTC)


def test_an_old_postfix_does_not_say_whether_anybody_logged_in() -> None:
    lines = session(REFUSED)
    lines[-1] = lines[-1].partition(" ehlo=")[0]

    [event] = read(lines)

    assert event.login is None


def test_a_sender_that_looks_like_a_log_line_changes_neither_client_nor_reply() -> None:
    hostile = (
        'NOQUEUE: reject: RCPT from unknown[203.0.113.5]: 554 5.7.1 <"; from=<boss@lab.test> to=<"@example.org>: '
        'Relay access denied; from=<me@example.net> to=<"; from=<boss@lab.test> to=<"@example.org> proto=ESMTP helo=<x>'
    )

    [event] = read(session(hostile))

    assert event.client == "203.0.113.5"
    assert event.text.startswith("554 5.7.1")


def test_a_failed_login_names_who_tried() -> None:
    failed = (
        "warning: unknown[127.0.0.9]: SASL PLAIN authentication failed: (reason unavailable), "
        "sasl_username=alice@lab.test"
    )

    [event] = read(session(failed, end="ehlo=2 starttls=1 auth=0/1 commands=3/4"))

    assert (event.what, event.address, event.cause) == (
        Happened.LOGIN_FAILED,
        "alice@lab.test",
        Cause.AUTH_BAD_CREDENTIALS,
    )


def test_the_login_is_blamed_for_a_sender_it_does_not_own() -> None:
    refused = (
        "NOQUEUE: reject: RCPT from unknown[127.0.0.9]: 553 5.7.1 <bob@lab.test>: Sender address rejected: not owned "
        "by user alice@lab.test; from=<bob@lab.test> to=<x@example.org> proto=ESMTP helo=<[192.168.1.7]>"
    )

    [event] = read(session(refused, end="ehlo=2 starttls=1 auth=1 mail=1 rcpt=0/1 quit=1 commands=6/7"))

    assert (event.address, event.sender, event.cause) == ("alice@lab.test", "bob@lab.test", Cause.SENDER_NOT_OWNED)


def test_a_device_that_refuses_the_certificate_is_heard() -> None:
    [event] = read(
        session(
            "SSL_accept error from unknown[127.0.0.9]: -1",
            "warning: TLS library problem: error:0A000418:SSL routines::tlsv1 alert unknown ca:../ssl/record.c:1601:x",
            end="ehlo=1 starttls=0/1 commands=1/2",
        )
    )

    assert (event.what, event.text, event.cause) == (
        Happened.TLS_FAILED,
        "tlsv1 alert unknown ca",
        Cause.TLS_UNTRUSTED,
    )


def test_the_host_a_device_asked_for_is_known_where_postfix_logs_it() -> None:
    """As Postfix 3.7 logs with tls_server_sni_maps and smtpd_tls_loglevel = 1."""
    begun = (
        "Anonymous TLS connection established from unknown[127.0.0.9] to old.lab.test: TLSv1.3 with cipher X (256/256)"
    )
    login = "A1B2: client=unknown[127.0.0.9], sasl_method=PLAIN, sasl_username=alice@lab.test"

    [event] = read(session(begun, login, end="ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 quit=1 commands=7"))

    assert (event.what, event.host) == (Happened.LOGGED_IN, "old.lab.test")


def test_a_check_of_this_program_is_nobodys_trouble() -> None:
    assert read(session(REFUSED.replace("to=<x@example.org>", "to=<relay-check@example.org>"))) == []


def test_a_session_that_never_ends_is_told_at_the_end_of_the_log() -> None:
    assert [event.address for event in read(session(REFUSED)[:-1])] == ["alice@lab.test"]


def test_ports_are_known_by_the_name_a_service_logs_under() -> None:
    services = {"submission/": 587, "submissions/": 465, "smtps/": 465, "2525/": 2525, "": 25, "other/": None}

    assert {service: read(session(REFUSED, service=service))[0].port for service in services} == services
    assert read(session(REFUSED, service=""), plain_port=None)[0].port is None


@pytest.mark.parametrize("head", ["Mar  1 10:00:00 imap-login: Info: ", "Mar  1 10:00:00 mail dovecot: imap-login: "])
def test_dovecot_tells_who_reads_mail_and_who_fails_to(head: str) -> None:
    user = "user=<alice@lab.test>, method=PLAIN, rip=127.0.0.9, lip=127.0.0.1, mpid=5, TLS, session=<x>"

    [worked] = read([f"{head}Login: {user}"])
    [failed] = read([f"{head}Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): {user}"])
    nothing = read([f"{head}Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=127.0.0.9"])

    assert (worked.what, worked.port, worked.client) == (Happened.LOGGED_IN, 993, "127.0.0.9")
    assert (failed.what, failed.cause) == (Happened.LOGIN_FAILED, Cause.AUTH_BAD_CREDENTIALS)
    assert nothing == []


# --- people ----------------------------------------------------------------------------------------------


def refusal(
    address: str, client: str = "192.0.2.1", *, to: str = "x@example.org", helo: str = "[10.0.0.2]"
) -> LogEvent:
    return LogEvent(
        when=NOW,
        what=Happened.REFUSED,
        client=client,
        port=25,
        address=address,
        login=False,
        stage=Stage.RCPT_TO,
        text="554 5.7.1 <x@example.org>: Relay access denied",
        helo=helo,
        recipient=to,
    )


def works(address: str, client: str = "192.0.2.1", port: int = 587, host: str = "") -> LogEvent:
    return LogEvent(when=NOW, what=Happened.LOGGED_IN, client=client, port=port, address=address, login=True, host=host)


def people(*events: LogEvent, ours: Ours | None = None) -> tuple[Person, ...]:
    tally = PeopleTally(ours or Ours(domains=frozenset({"lab.test"})))
    for event in events:
        tally.add(event)
    return tally.people()


def test_somebody_who_has_logged_in_since_from_the_same_place_is_cured() -> None:
    assert people(refusal("alice@lab.test"), works("alice@lab.test")) == ()
    assert len(people(works("alice@lab.test"), refusal("alice@lab.test"))) == 1
    assert len(people(refusal("alice@lab.test"), works("alice@lab.test", client="192.0.2.99"))) == 1


def test_addresses_that_differ_in_case_are_one_person() -> None:
    [person] = people(refusal("Alice@lab.test"), refusal("alice@LAB.test"))

    assert (person.address, person.count) == ("alice@lab.test", 2)


def test_foreigners_are_nobody_of_ours() -> None:
    assert people(refusal("me@example.net")) == ()


def test_without_a_word_about_domains_those_that_log_in_are_ours() -> None:
    found = people(
        works("bob@lab.test", client="192.0.2.7"), refusal("alice@lab.test"), refusal("me@x.test"), ours=Ours()
    )

    assert [person.address for person in found] == ["alice@lab.test"]


def test_domains_the_configuration_names_are_ours_before_anybody_has_logged_in() -> None:
    ours = Ours(likely=frozenset({"lab.test"}))

    assert [person.address for person in people(refusal("alice@lab.test"), ours=ours)] == ["alice@lab.test"]


def test_a_user_name_without_its_domain_is_known_by_the_address_that_works() -> None:
    failed = replace(refusal("alice", client="192.0.2.5"), what=Happened.LOGIN_FAILED, stage=Stage.AUTH, text="535 no")
    stranger = replace(failed, address="admin")

    found = people(works("alice@lab.test"), failed, stranger)

    assert [(person.address, person.trouble) for person in found] == [("alice@lab.test", Trouble.LOGIN_FAILED)]


def test_a_stranger_with_many_of_our_names_is_set_apart_and_left_out_of_the_roster() -> None:
    found = people(*(refusal(f"n{number}@lab.test", helo="[10.0.0.2]") for number in range(SPRAYING)))

    assert all(person.forged for person in found)
    assert roster_addresses(found) == ()


def test_mail_from_ourselves_to_ourselves_on_port_25_looks_forged() -> None:
    [person] = people(refusal("boss@lab.test", to="alice@lab.test"))

    assert person.forged is not None


def test_an_unknown_name_from_an_unknown_place_looks_forged_unless_a_device_speaks() -> None:
    [server] = people(refusal("alice@lab.test", helo="mail.example.net"))
    [device] = people(refusal("alice@lab.test", helo="smtpclient.apple"))

    assert server.forged is not None
    assert device.forged is None


def test_port_25_and_old_hosts_are_troubles_although_they_work() -> None:
    ours = Ours(domains=frozenset({"lab.test"}), old_hosts=frozenset({"old.lab.test"}))

    found = people(works("alice@lab.test", port=25, host="old.lab.test"), ours=ours)

    assert {(person.trouble, person.cause) for person in found} == {
        (Trouble.PORT_25, None),
        (Trouble.OLD_HOST, Cause.WRONG_SERVER_HOST),
    }


def test_no_formula_of_a_spreadsheet_gets_into_the_roster() -> None:
    found = people(refusal("=cmd|'/c'!a1@lab.test"), refusal("ok@lab.test"))

    assert [str(address) for address in roster_addresses(found)] == ["ok@lab.test"]


def test_an_unknown_recipient_is_no_trouble_of_the_sender() -> None:
    unknown = replace(
        refusal("alice@lab.test"), text="550 5.1.1 <x@lab.test>: Recipient address rejected: User unknown"
    )

    assert people(unknown) == ()


# --- who sends how much ----------------------------------------------------------------------------------


def accepted(login: str, sender: str, *, recipients: int = 1, client: str = "192.0.2.1") -> LogEvent:
    return LogEvent(
        when=NOW, what=Happened.ACCEPTED, client=client, address=login, sender=sender, recipients=recipients
    )


def outcomes(*events: LogEvent) -> list[tuple[str, str]]:
    tally = VolumeTally()
    for event in events:
        tally.add(event)
    return [(finding.check, str(finding.outcome)) for finding in tally.findings()]


def test_an_ordinary_day_is_no_sign_of_anything() -> None:
    assert outcomes(*[accepted("alice@lab.test", "alice@lab.test")] * 40) == [("log.volume", "pass")]


def test_foreign_senders_in_great_number_are_a_stolen_password() -> None:
    spam = [accepted("alice@lab.test", f"x@n{number}.example", recipients=50) for number in range(10)]

    assert outcomes(*spam) == [("log.volume", "pass"), ("log.stolen_credentials", "fail")]


def test_one_sign_alone_is_a_warning() -> None:
    many = [accepted("alice@lab.test", "alice@lab.test", recipients=RECIPIENTS_PER_HOUR + 1)]

    assert outcomes(*many)[1] == ("log.stolen_credentials", "warn")


def test_recipients_of_different_hours_are_not_added_up() -> None:
    first = accepted("alice@lab.test", "alice@lab.test", recipients=RECIPIENTS_PER_HOUR)

    assert len(outcomes(first, replace(first, when=NOW + timedelta(hours=1)))) == 1


def test_bounces_count_against_the_login_they_came_from() -> None:
    sent = LogEvent(when=NOW, what=Happened.SENT, address="alice@lab.test")
    bounced = LogEvent(when=NOW, what=Happened.BOUNCED, address="alice@lab.test")

    assert outcomes(accepted("alice@lab.test", "alice@lab.test"), *[sent] * 16, *[bounced] * 4)[1] == (
        "log.stolen_credentials",
        "warn",
    )


def test_postfix_tells_the_volume_of_a_login_through_its_queue() -> None:
    head = HEAD.format(second=0, service="submission/")
    queued = "A1B2: from=<alice@lab.test>, size=171, nrcpt=3 (queue active)"
    events = read(
        [
            head + "A1B2: client=unknown[127.0.0.9], sasl_method=PLAIN, sasl_username=alice@lab.test",
            head.replace("submission/smtpd", "qmgr") + queued,
            head.replace("submission/smtpd", "qmgr") + queued,
            head.replace("submission/smtpd", "smtp")
            + "A1B2: to=<x@y.example>, relay=none, dsn=5.0.0, status=bounced (no)",
        ]
    )

    assert [(event.what, event.address, event.recipients) for event in events] == [
        (Happened.LOGGED_IN, "alice@lab.test", 0),
        (Happened.ACCEPTED, "alice@lab.test", 3),
        (Happened.BOUNCED, "alice@lab.test", 0),
    ]


# --- MailEnable: a sample written from the documented columns (knowledge base ME020170) ------------------

_ID = "0123456789ABCDEF0123456789ABCDEF.MAI"


def mailenable(*rows: tuple[str, str, str, str]) -> list[LogEvent]:
    """Rows of command, what was sent, reply, and user."""
    lines = [
        f"03/01/31 10:00:00\tSMTP-IN\t{_ID}\t880\t192.0.2.9\t{command}\t{said}\t{reply}\t18\t30\t{user}"
        for command, said, reply, user in rows
    ]
    return list(MailEnableLog(localise=utc).read(lines))


def test_mailenable_tells_logins_refusals_and_messages() -> None:
    events = mailenable(
        ("EHLO", "EHLO [192.168.1.7]", "250-lab.test [192.0.2.9], this server offers 4 extensions", ""),
        ("AUTH", "AUTH LOGIN", "334 VXNlcm5hbWU6", ""),
        ("AUTH", "{blank}", "334 UGFzc3dvcmQ6", "alice@lab.test"),
        ("AUTH", "{blank}", "235 Authenticated", "alice@lab.test"),
        ("MAIL", "MAIL FROM:<alice@lab.test>", "250 Requested mail action okay, completed", "alice@lab.test"),
        ("RCPT", "RCPT TO:<x@example.org>", "250 Requested mail action okay, completed", "alice@lab.test"),
        ("DATA", "DATA", "354 Start mail input; end with <CRLF>.<CRLF>", "alice@lab.test"),
    )

    assert [(event.what, event.address, event.recipients) for event in events] == [
        (Happened.LOGGED_IN, "alice@lab.test", 0),
        (Happened.ACCEPTED, "alice@lab.test", 1),
    ]
    assert events[0].when == datetime(2031, 3, 1, 10, 0, tzinfo=UTC)


def test_mailenable_tells_who_was_refused_without_a_login() -> None:
    [event] = mailenable(
        ("MAIL", "MAIL FROM:<alice@lab.test>", "250 Requested mail action okay, completed", ""),
        ("RCPT", "RCPT TO:<x@example.org>", "503 This mail server requires authentication when attempting to send", ""),
    )

    assert (event.what, event.login, event.address, event.client) == (
        Happened.REFUSED,
        False,
        "alice@lab.test",
        "192.0.2.9",
    )


def test_what_mailenable_writes_beside_auth_is_never_repeated() -> None:
    secret = "aHVudGVyMg=="

    events = mailenable(("AUTH", secret, "535 Invalid Username or Password", "alice@lab.test"))

    assert [event.what for event in events] == [Happened.LOGIN_FAILED]
    assert secret not in repr(events)


@given(st.text(alphabet=string.printable, max_size=300), st.text(max_size=40))
def test_no_text_breaks_the_reader_of_mailenable(text: str, cell: str) -> None:
    mailenable(("RCPT", cell, cell, cell), ("AUTH", cell, "535 no", cell), ("DATA", cell, "354", cell))
    assert list(MailEnableLog(localise=utc).read([text])) == []


# --- one person ------------------------------------------------------------------------------------------


def test_what_has_no_name_is_the_persons_if_it_comes_from_where_they_sit() -> None:
    watch = Watch(Address.parse("alice@lab.test"))
    nameless = LogEvent(when=NOW, what=Happened.TLS_FAILED, client="192.0.2.1")

    assert not watch.concerns(nameless)
    assert watch.concerns(works("alice@lab.test"))
    assert watch.concerns(nameless)
    assert not watch.concerns(works("bob@lab.test"))
