"""Mail addresses: what is one, what is the same one, and what never can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address, a_label, shorten, u_label
from profilegen.errors import AddressProblem


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("you@example.com", "you", "example.com"),
        ("  You@EXAMPLE.com. ", "You", "example.com"),
        ("o'brien+mail@example.com", "o'brien+mail", "example.com"),
        ('"a@b c"@example.com', '"a@b c"', "example.com"),
        ("jörg@bücher.example", "jörg", "xn--bcher-kva.example"),
        ("you@BÜCHER.example", "you", "xn--bcher-kva.example"),
        ("you@例え.jp", "you", "xn--r8jz45g.jp"),
        ("x" * 64 + "@example.com", "x" * 64, "example.com"),
    ],
)
def test_an_address_is_split_at_the_last_at_sign(text: str, local: str, domain: str) -> None:
    assert Address.parse(text) == Address(local=local, domain=domain)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no @"),
        ("you", "it has no @"),
        ("@example.com", "the part before the @ is empty"),
        ("you@", '"" is not a domain name'),
        (".you@example.com", "characters no mailbox has"),
        ("y..ou@example.com", "characters no mailbox has"),
        ("you me@example.com", "characters no mailbox has"),
        ("<you@example.com>", "characters no mailbox has"),
        ("you\x00@example.com", "characters no mailbox has"),
        ('"you\n"@example.com', "characters no mailbox has"),
        ("x" * 65 + "@example.com", "longer than 64 bytes"),
        ("ü" * 33 + "@example.com", "longer than 64 bytes"),
        ("you@[192.0.2.1]", "is not a domain name"),
        ("you@192.0.2.1", "is not a domain name"),
        ("you@exa mple.com", "is not a domain name"),
        ("you@-example.com", "is not a domain name"),
        ("you@example..com", "is not a domain name"),
        ("you@" + "a." * 127 + "com", "is not a domain name"),
        ("you@" + "ü" * 300 + ".example", "longer than 253"),
        ("you@\ud800.example", "is not a domain name"),
    ],
)
def test_what_can_never_be_mail_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(AddressProblem) as caught:
        Address.parse(text)
    assert reason in caught.value.message
    assert caught.value.message.isprintable()


def test_addresses_that_differ_in_case_are_one_account_and_keep_their_writing() -> None:
    first, second = Address.parse("You@Example.COM"), Address.parse("yOU@example.com")
    assert first.account == second.account == "you@example.com"
    assert str(first) == "You@example.com"


def test_people_see_the_domain_as_they_write_it() -> None:
    assert Address.parse("you@xn--bcher-kva.example").display == "you@bücher.example"
    assert u_label("xn--\u00ff") == "xn--\u00ff"
    assert a_label("Bücher.Example") == "xn--bcher-kva.example"


def test_a_text_in_an_error_line_is_one_printable_bounded_line() -> None:
    assert shorten("a\nb\x1b[31m") == "a?b?[31m"
    assert shorten("x" * 1000) == "x" * 80 + "…"


@given(st.text() | st.tuples(st.text(), st.text()).map("@".join))
def test_a_parsed_address_is_stable_and_anything_else_is_an_address_problem(text: str) -> None:
    try:
        address = Address.parse(text)
    except AddressProblem as problem:
        assert problem.message.isprintable()
    else:
        assert Address.parse(str(address)) == address
        assert address.domain.isascii()
