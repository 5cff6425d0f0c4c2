"""The advice in templates/relay: complete, and given where it belongs."""

from profilegen.report import Finding, Outcome
from profilegen.wiring.review import advice_book

BOOK = advice_book()
ADVICE = {advice.id for advice in (*BOOK.advice, *BOOK.after)}


def failed(check: str, reply: str | None = None) -> Finding:
    return Finding(check=check, outcome=Outcome.FAIL, detail="", reply=reply)


def test_every_menu_belongs_to_an_advice() -> None:
    for product in BOOK.products:
        assert set(product.menu) <= ADVICE, product.id


def test_postfix_and_mailenable_say_where_nearly_everything_is_set() -> None:
    for product in (BOOK.named("postfix"), BOOK.named("mailenable")):
        assert product is not None
        missing = ADVICE - set(product.menu)
        assert missing <= {"delist", "devices", "stolen_credentials"}


def test_the_relay_menu_of_mailenable_is_where_its_documentation_says() -> None:
    product = BOOK.named("mailenable")

    assert product is not None
    assert product.menu["authenticated_senders"].startswith("Servers > Localhost > Connectors > SMTP")
    assert "Relay" in product.menu["authenticated_senders"]


def test_after_abuse_the_steps_come_in_their_order() -> None:
    said = [one.id for one in BOOK.said([failed("log.stolen_credentials")], BOOK.named("mailenable"))]

    assert said == ["stolen_credentials", "lock", "password", "queue", "delist", "devices"]


def test_a_warning_about_abuse_does_not_lock_anybody_out() -> None:
    warned = Finding(check="log.stolen_credentials", outcome=Outcome.WARN, detail="")

    assert [one.id for one in BOOK.said([warned], None)] == ["stolen_credentials"]


def test_what_passed_needs_no_advice() -> None:
    passed = Finding(check="ptr", outcome=Outcome.PASS, detail="")

    assert BOOK.said([passed], None) == ()
    assert BOOK.with_remedies([passed]) == (passed,)


def test_a_server_is_known_by_its_greeting() -> None:
    product = BOOK.product([failed("25.banner", "220 mail.example.com ESMTP MailEnable Service, Version: 10")])

    assert product is not None
    assert product.id == "mailenable"
    assert BOOK.product([failed("25.banner", "220 mail.example.com ready")]) is None


def test_what_lets_strangers_relay_says_why_the_obvious_switch_is_no_protection() -> None:
    [said] = BOOK.said([failed("25.relay.no_login.local_to_foreign")], None)

    assert said.id == "authenticated_senders"
    assert "anybody can write one of your addresses" in said.why
