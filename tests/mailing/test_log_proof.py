"""Who has sent with a login, out of a log."""

from datetime import UTC, datetime, timedelta

import pytest

from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.mailing.log_proof import SubmissionTally, Submitted

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
ANNA, BEN = "anna@example.com", "ben@example.com"


def accepted(login: str, *, minutes: int = 0, what: Happened = Happened.ACCEPTED) -> LogEvent:
    return LogEvent(when=NOW + timedelta(minutes=minutes), what=what, address=login, client="192.0.2.9")


def newest(events: list[LogEvent], *asked: str) -> Submitted | None:
    tally = SubmissionTally([ANNA, BEN, "ben@example.org"])
    for event in events:
        tally.add(event)
    return tally.newest(asked or (ANNA,))


def test_the_newest_message_of_any_account_counts_in_whatever_order() -> None:
    events = [accepted(ANNA, minutes=3), accepted(BEN, minutes=5), accepted(ANNA, minutes=1)]
    assert newest(events) == Submitted(when=NOW + timedelta(minutes=3), client="192.0.2.9")
    assert newest(events, ANNA, BEN) == Submitted(when=NOW + timedelta(minutes=5), client="192.0.2.9")


@pytest.mark.parametrize("login", ["anna@example.com", "Anna@Example.COM", "anna"])
def test_a_login_is_somebodys_with_and_without_domain(login: str) -> None:
    assert newest([accepted(login)]) is not None


def test_a_name_that_two_accounts_share_is_nobodys() -> None:
    assert newest([accepted("ben")], BEN, "ben@example.org") is None


@pytest.mark.parametrize("what", [what for what in Happened if what is not Happened.ACCEPTED])
def test_only_an_accepted_message_counts(what: Happened) -> None:
    assert newest([accepted(ANNA, what=what)]) is None


def test_what_has_no_login_or_no_time_or_is_a_strangers_counts_for_nobody() -> None:
    timeless = LogEvent(when=None, what=Happened.ACCEPTED, address=ANNA)
    assert newest([accepted(""), accepted("eve@example.net"), timeless], ANNA, BEN) is None


def test_the_words_name_the_client_where_it_is_known() -> None:
    assert Submitted(when=NOW, client="").words == "the server's log: logged in, message accepted"
    assert Submitted(when=NOW, client="192.0.2.9").words.endswith("accepted from 192.0.2.9")
