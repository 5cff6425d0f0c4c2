"""Every rule has one profile that breaks it and one that does not, and both are run."""

import pytest

from profilegen.profile.findings import Severity
from profilegen.profile.lint import rules
from tests.profile.examples import EXAMPLES
from tests.profile.examples.specimen import BASE, MAC, Example
from tests.profile.rules_page import PAGE, page
from tests.profile.schema_check import schema_faults

FORBIDDEN_BESIDE = {"PG313"}
"""What a good example may break all the same: it is about a password, which stands in the clear to be seen."""


def test_every_rule_has_one_example_pair() -> None:
    assert [example.rule for example in EXAMPLES] == [rule.id for rule in rules()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_the_bad_example_breaks_the_rule_and_the_good_one_breaks_none(example: Example) -> None:
    bad, good = example.make()
    broken = [finding for finding in example.judge(bad) if finding.rule == example.rule]
    assert broken
    beside = example.judge(good)
    assert example.rule not in {finding.rule for finding in beside}
    assert {finding.rule for finding in beside if finding.severity is Severity.ERROR} <= FORBIDDEN_BESIDE
    assert all("\n" not in finding.message for finding in (*broken, *beside))


def test_the_page_of_rules_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.profile.rules_page"


def test_a_schema_does_not_object_to_a_good_profile() -> None:
    assert [schema_faults(data) for data in (BASE, MAC)] == [[], []]
    assert schema_faults(BASE.replace(b"EmailTypeIMAP", b"IMAP")) == ["EmailAccountType is out of range"]
