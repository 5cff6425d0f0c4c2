"""From a case to its clues: what each source of evidence says about the cause, and how much that counts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.case import Case, Clue, Origin, Vantage
from profilegen.diagnosis.doctor.comparison import Compared
from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation
from profilegen.report import Finding, Outcome, Report
from profilegen.settings.candidates import Status

CONTROL = "outgoing.relay_without_auth"
LINT = "profile.lint"

NETWORK_CAUSES = frozenset(
    {
        Cause.CONNECT_TIMEOUT,
        Cause.CONNECT_REFUSED,
        Cause.NETWORK_UNREACHABLE,
        Cause.DNS_FAILURE,
        Cause.PROXY_INTERFERENCE,
        Cause.STARTTLS_NOT_OFFERED,
        Cause.TLS_UNTRUSTED,
        Cause.IP_POLICY_BLOCK,
    }
)
"""Causes that may lie between here and the server: another place may see something else."""

NO_LOGIN_CAUSES = frozenset({Cause.AUTH_NOT_CONFIGURED, Cause.RELAY_DENIED_CONTEXT_NEEDED})

_STATUS_CAUSES = {
    Status.OAUTH_ONLY: (Cause.OAUTH_REQUIRED, 0.6, "The provider takes no passwords: it wants a sign-in on its page."),
    Status.APP_PASSWORD: (Cause.APP_PASSWORD_REQUIRED, 0.25, "The provider takes an app password only."),
    Status.NO_IMAP: (Cause.SMTP_AUTH_DISABLED, 0.8, "The provider offers neither IMAP nor POP to mail programs."),
    Status.DEAD: (Cause.WRONG_SERVER_HOST, 0.9, "The provider has closed down."),
    Status.SEND_ONLY: (Cause.WRONG_SERVER_HOST, 0.4, "The provider's servers only send; there is no mailbox to read."),
}

_CONTRASTS = (
    (
        frozenset({Cause.TLS_UNTRUSTED, Cause.TLS_HOSTNAME_MISMATCH, Cause.TLS_CERT_EXPIRED}),
        "outgoing.tls.chain",
        Cause.PROXY_INTERFERENCE,
        "From here the certificate is good; antivirus, a firewall or a Wi-Fi sign-in page may show the phone another.",
    ),
    (
        frozenset({Cause.CONNECT_TIMEOUT, Cause.CONNECT_REFUSED, Cause.NETWORK_UNREACHABLE}),
        "outgoing.connect",
        Cause.CONNECT_TIMEOUT,
        "From here the server answers, so it is not down; the phone's network may block the port.",
    ),
)
"""Causes the phone names, the check that passes here all the same, and what that makes likely."""


_MADE_HERE = {
    **dict.fromkeys(
        (Cause.CONNECT_TIMEOUT, Cause.CONNECT_REFUSED, Cause.NETWORK_UNREACHABLE),
        (Cause.CONNECT_TIMEOUT, "outgoing.connect"),
    ),
    **dict.fromkeys(
        (Cause.TLS_UNTRUSTED, Cause.TLS_HOSTNAME_MISMATCH, Cause.TLS_CERT_EXPIRED, Cause.STARTTLS_NOT_OFFERED),
        (Cause.PROXY_INTERFERENCE, "outgoing.tls.chain"),
    ),
}
"""What a fault at one port means where this check passes at another port of the same server."""


def clues_of(case: Case, compared: tuple[Compared, ...]) -> tuple[Clue, ...]:
    """Return every clue, in the order of the sources."""
    return (
        *_said_by_error(case),
        *_said_by_comparison(compared),
        *_said_by_lookup(case),
        *_said_by_tests(case),
        *_said_by_control(case),
        *_said_by_contrast(case),
        *_said_by_person(case),
        *_said_by_lists(case.lists_report),
    )


def _said_by_error(case: Case) -> Iterator[Clue]:
    if not case.error:
        return
    port = case.current.outgoing.port if case.current is not None else None
    for likely in explain(Observation(text=case.error, port=port)).causes:
        if likely.cause is not Cause.OK and likely.confidence >= 0.05:
            yield Clue(
                cause=likely.cause,
                weight=likely.confidence,
                vantage=Vantage.DEVICE,
                origin=Origin.ERROR,
                detail=f"The device's message: {likely.why}",
            )


def _said_by_comparison(compared: tuple[Compared, ...]) -> Iterator[Clue]:
    for row in compared:
        if row.cause is not None:
            yield Clue(
                cause=row.cause,
                weight=row.weight,
                vantage=Vantage.DEVICE,
                origin=Origin.COMPARISON,
                detail=f"{row.label} is {row.now}, right is {row.right}. {row.why}".strip(),
            )


def _said_by_lookup(case: Case) -> Iterator[Clue]:
    if case.status in _STATUS_CAUSES and not (case.status is Status.APP_PASSWORD and case.level >= 2):
        cause, weight, detail = _STATUS_CAUSES[case.status]
        yield Clue(cause=cause, weight=weight, vantage=Vantage.HERE, origin=Origin.LOOKUP, detail=detail)


def _said_by_tests(case: Case) -> Iterator[Clue]:
    for finding in _with_between(case.right_report.findings):
        yield from _failed(finding, Origin.TEST, 0.9, "With the right settings")
    for finding in _with_between(case.current_report.findings):
        seen = _beside_the_right_server(finding, case)
        yield from _failed(seen, Origin.AS_IT_STANDS, 0.6, "With the device's settings as they stand")


def _with_between(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Something in between that is seen at work counts like a failure, and what fails after it is its doing."""
    between = False
    for finding in findings:
        if finding.cause == Cause.PROXY_INTERFERENCE and finding.outcome is Outcome.WARN:
            between = True
            yield replace(finding, outcome=Outcome.FAIL)
        elif between and finding.cause == Cause.STARTTLS_NOT_OFFERED:
            yield replace(finding, cause=Cause.PROXY_INTERFERENCE)
        else:
            yield finding


def _beside_the_right_server(finding: Finding, case: Case) -> Finding:
    """What one of the provider's own ports shows here and another one does not is the doing of this network."""
    right, now = case.right.outgoing, case.current.outgoing if case.current is not None else None
    meant = _MADE_HERE.get(Cause(finding.cause)) if finding.cause is not None else None
    if right is None or now is None or meant is None or (now.host or right.host) != right.host:
        return finding
    cause, check = meant
    published = {(server.host, server.port) for server in case.right.others}
    if (right.host, now.port) not in published or not _passed(case.right_report, check):
        return finding
    detail = (
        f"{finding.detail} The provider names this port too, and its port {right.port} is sound here: use that one."
    )
    return replace(finding, cause=cause, detail=detail)


def _failed(finding: Finding, origin: Origin, weight: float, how: str) -> Iterator[Clue]:
    if finding.outcome is not Outcome.FAIL or finding.check == LINT:
        return
    cause = Cause(finding.cause) if finding.cause is not None else Cause.SERVER_MISCONFIGURED
    here = cause in NETWORK_CAUSES
    also = " This holds for the network here; the phone's may differ." if here else ""
    yield Clue(
        cause=cause,
        weight=weight / 2 if here else weight,
        vantage=Vantage.HERE,
        origin=origin,
        detail=f"{how}, {finding.check}: {finding.detail}{also}",
    )


def _said_by_control(case: Case) -> Iterator[Clue]:
    """The server's words to strangers are what a device without a login is told: proof of nothing, but it fits."""
    told = next(_refusals(case), None)
    if told is not None and case.error and _sounds_like_no_login(case.error):
        yield Clue(
            cause=Cause.AUTH_NOT_CONFIGURED,
            weight=0.3,
            vantage=Vantage.HERE,
            origin=Origin.NEGATIVE_CONTROL,
            detail=f"To somebody without a login the server says the same: {told}",
        )


def _said_by_contrast(case: Case) -> Iterator[Clue]:
    """What fails on the phone and works here points at what lies between the phone and the server."""
    if not case.error or case.other_network is False:
        return
    seen = {likely.cause for likely in explain(Observation(text=case.error)).causes[:1]}
    for causes, check, cause, detail in _CONTRASTS:
        if seen & causes and _passed(case.right_report, check):
            yield Clue(cause=cause, weight=0.4, vantage=Vantage.HERE, origin=Origin.TEST, detail=detail)


def _passed(report: Report, check: str) -> bool:
    return any(finding.outcome in (Outcome.PASS, Outcome.WARN) for finding in report.of(check))


def _refusals(case: Case) -> Iterator[str]:
    for finding in (*case.current_report.of(CONTROL), *case.right_report.of(CONTROL)):
        if finding.outcome is Outcome.PASS:
            yield finding.reply or finding.detail


def _sounds_like_no_login(error: str) -> bool:
    causes = explain(Observation(text=error)).causes
    return bool(causes) and causes[0].cause in NO_LOGIN_CAUSES


def _said_by_person(case: Case) -> Iterator[Clue]:
    if case.other_network is True:
        yield Clue(
            cause=Cause.PROXY_INTERFERENCE if case.right_report.ok else Cause.CONNECT_TIMEOUT,
            weight=0.7,
            vantage=Vantage.PERSON,
            origin=Origin.NETWORK,
            detail="On mobile data mail goes out, so the other network, or something in it, is in the way.",
        )


def _said_by_lists(report: Report) -> Iterator[Clue]:
    for finding in report.findings:
        if finding.outcome is Outcome.FAIL and finding.cause is not None:
            yield Clue(
                cause=Cause(finding.cause),
                weight=0.4,
                vantage=Vantage.HERE,
                origin=Origin.BLOCK_LIST,
                detail=f"{finding.check}: {finding.detail}",
            )
