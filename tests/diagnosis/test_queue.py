"""Judging a mail queue."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.maillog.queue import GROWS_FROM, LARGE, judge_queue, read_postqueue
from profilegen.report import Outcome

NOW = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)


def entry(sender: str = "a@lab.test", *, age: timedelta = timedelta(days=2)) -> str:
    """One message as `postqueue -j` of Postfix 3.7 prints it."""
    return json.dumps(
        {
            "queue_name": "deferred",
            "queue_id": "A1",
            "arrival_time": int((NOW - age).timestamp()),
            "message_size": 300,
            "forced_expire": False,
            "sender": sender,
            "recipients": [{"address": "x@y.example", "delay_reason": "connection\x1b[31m refused"}],
        }
    )


def outcomes(*lines: str) -> dict[str, Outcome]:
    return {finding.check: finding.outcome for finding in judge_queue(read_postqueue(lines), now=NOW)}


def test_an_empty_queue_is_fine() -> None:
    assert outcomes() == {"queue.size": Outcome.PASS}


def test_many_new_messages_that_wait_are_a_queue_that_grows() -> None:
    assert outcomes(*[entry(age=timedelta(minutes=5))] * GROWS_FROM)["queue.growth"] is Outcome.FAIL
    assert outcomes(*[entry()] * GROWS_FROM)["queue.growth"] is Outcome.PASS


def test_a_large_queue_of_one_sender_is_worth_a_look() -> None:
    found = outcomes(*[entry()] * LARGE)

    assert (found["queue.size"], found["queue.senders"]) == (Outcome.WARN, Outcome.WARN)


def test_reasons_are_printable() -> None:
    [size, *_] = judge_queue(read_postqueue([entry()]), now=NOW)

    assert "connection?[31m refused" in size.detail


@given(
    st.lists(
        st.text(max_size=100)
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["queue_id", "sender", "arrival_time", "recipients", "delay_reason"]), inner
                )
            ),
            max_leaves=12,
        ).map(json.dumps),
        max_size=5,
    )
)
def test_no_line_breaks_it(lines: list[str]) -> None:
    assert judge_queue(read_postqueue(lines), now=NOW)
