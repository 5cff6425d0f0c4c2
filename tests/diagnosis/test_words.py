"""Folding texts and finding phrases in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.words import LONGEST, find, fold, fold_text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("AUTHENTICATION-failed:  now", " authentication failed now "),
        ("SendAsDenied", " send as denied "),
        ("It doesn't, can't and won't", " it does not cannot and will not "),
        ("Größe überschritten, élan", " grosse uberschritten elan "),
        ("STARTTLS or StartTLS or start tls", " starttls or starttls or starttls "),
        ("", "  "),
    ],
)
def test_one_plain_form_for_many_spellings(text: str, folded: str) -> None:
    assert fold(text).split() == folded.split()


@pytest.mark.parametrize(
    ("phrases", "text", "found"),
    [
        ("relay access denied", "Relay access denied", "relay access denied"),
        ("spam", "see spamhaus", None),
        ("spam~", "see spamhaus", "spam"),
        ("user/mailbox unknown", "Mailbox unknown", "mailbox unknown"),
        ("mailbox * full", "The mailbox of this user is full", "mailbox of this user is full"),
        ("mailbox * full", "mailbox " + "very " * 30 + "full", None),
        ("password * wrong/incorrect", "wrong here: password is incorrect", "password is incorrect"),
        ("パスワード * 正しく", "パスワードが正しくありません", "パスワードか\u3099正しく"),
    ],
)
def test_phrases_are_whole_words_with_choices_and_gaps(phrases: str, text: str, found: str | None) -> None:
    assert (find(phrases, fold(text)) is not None) is (found is not None)


def test_a_gap_runs_over_the_end_of_a_line_but_not_of_a_sentence() -> None:
    phrase = "mailbox * full"

    assert find(phrase, fold_text("Your mailbox\nis 100.5 % full. Bye.")) == "mailbox is 100 5 full"
    assert find(phrase, fold_text("No such mailbox. Our inn is full.")) is None
    assert find("inn is full", fold_text("No such mailbox! Our inn is full.")) is not None


@given(st.text(max_size=2 * LONGEST))
def test_any_text_is_folded_to_single_spaces(text: str) -> None:
    folded = fold(text)

    assert folded.startswith(" ")
    assert folded.endswith(" ")
