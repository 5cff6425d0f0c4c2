"""The list of checks: what blocks, what is skipped and why."""

import pytest

from profilegen.diagnosis.causes import Cause
from profilegen.probe.checklist import Blocked, CheckFailed, Checklist
from profilegen.probe.stream import ConversationBroken, Trouble
from profilegen.report import Finding, Outcome


def test_what_was_not_reached_names_what_blocked_it() -> None:
    checks = Checklist(("dns", "connect", "banner"), prefix="outgoing.")
    with checks.step("dns") as step:
        step.detail = "found"
    with pytest.raises(Blocked), checks.step("connect"):
        raise CheckFailed(Cause.CONNECT_REFUSED, "refused", reply="no")
    dns, connect, banner = checks.report().findings
    assert (dns.check, dns.outcome, dns.detail) == ("outgoing.dns", "pass", "found")
    assert (connect.outcome, connect.cause, connect.reply) == ("fail", "connect_refused", "no")
    assert connect.remedy
    assert connect.ms is not None
    assert (banner.outcome, banner.detail) == ("skip", "Not reached because of outgoing.connect.")


@pytest.mark.parametrize("trouble", Trouble)
def test_a_broken_conversation_fails_the_running_check_with_a_cause(trouble: Trouble) -> None:
    checks = Checklist(("banner",))
    with pytest.raises(Blocked), checks.step("banner"):
        raise ConversationBroken(trouble, "the server closed the connection")
    (finding,) = checks.report().findings
    assert finding.outcome == "fail"
    assert finding.cause in set(Cause)


def test_another_error_passes_through_and_the_check_counts_as_unreached() -> None:
    checks = Checklist(("dns",))
    with pytest.raises(RuntimeError), checks.step("dns"):
        raise RuntimeError
    assert checks.report().findings[0].outcome == "skip"


def test_a_group_of_findings_blocks_if_one_of_them_fails() -> None:
    checks = Checklist(("one", "two", "three"))
    with pytest.raises(Blocked):
        checks.add(
            [
                Finding(check="one", outcome=Outcome.FAIL, detail=""),
                Finding(check="two", outcome=Outcome.PASS, detail=""),
            ]
        )
    assert [finding.outcome for finding in checks.report().findings] == ["fail", "pass", "skip"]


def test_a_given_reason_wins_over_the_blocking_check() -> None:
    checks = Checklist(("one", "two"))
    checks.skip(("two",), "Level 1 was asked for.")
    with pytest.raises(Blocked), checks.step("one"):
        raise CheckFailed(Cause.DNS_FAILURE, "no")
    assert checks.report().of("two")[0].detail == "Level 1 was asked for."
