"""What people are told, on every occasion, on every device."""

import re
import tomllib
from dataclasses import replace

import pytest

from profilegen.delivery.guide_facts import Medium
from profilegen.delivery.guide_text import plain
from profilegen.delivery.guides import GuideWriter
from profilegen.errors import UsageProblem
from profilegen.mailing.guide import GuideAccount, GuideOrder, Occasion, PasswordKind
from profilegen.profile.types import Platform
from tests.delivery.guide_orders import DEVICES, ORDER, TEMPLATES, every_page, with_password
from tests.delivery.guide_tags import parsed

WRITER = GuideWriter(TEMPLATES)


def written(order: GuideOrder) -> str:
    """The plain page as one line."""
    return " ".join(WRITER.text(order).split())


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_every_page_can_be_written_in_every_form(language: str) -> None:
    pages = 0
    for order in every_page(language):
        text, page, mail = WRITER.text(order), WRITER.html(order), WRITER.mail_html(order, logo_cid="logo@example.com")
        pages += 1
        assert "\n" not in WRITER.subject(order)
        for form in (text, parsed(page).text.partition("}")[2], parsed(mail).text):
            assert "None" not in form
            assert not re.search(r"\{\w*\}", form)
            assert "  ." not in form
        assert f'<html lang="{language}" dir="ltr">' in page
        assert 2 <= page.count("<li>") <= 7, order
    assert pages == len(DEVICES.rows) * len(Occasion) * 9


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_no_sentence_ends_on_a_gap(language: str) -> None:
    gaps = re.compile(r"[ \u00a0]{2}|\s[.,]|>\s*[.,]|\(\s*\)")
    for order in every_page(language):
        lines = [line.strip() for line in WRITER.text(order).splitlines()]
        assert [line for line in lines if gaps.search(line) and not line.startswith("<")] == []


@pytest.mark.parametrize("device", [row.id for row in DEVICES.rows if row.platform is Platform.IOS])
def test_a_downloaded_profile_waits_eight_minutes_where_settings_keep_it(device: str) -> None:
    text = written(replace(ORDER, device=device))

    assert ("Within 8 minutes" in text) == (device not in ("ios-10", "ios-11"))
    assert text.count("opens by itself") == (device in ("ios-10", "ios-11", "ios-12"))
    assert ("Stolen Device Protection" in text) == (device in ("ios-14", "ios-18", "ios-26"))


def test_a_hand_made_account_is_deleted_only_when_nothing_can_be_lost() -> None:
    for platform in Platform:
        text = written(replace(ORDER, platform=platform))

        warned, stop = text.index("Delete nothing yet."), text.index("If it says POP there: stop, delete nothing")
        safe = text.index("send or copy what the old one has in Drafts and Outbox")
        deleted = text.index("Delete Account" if platform is Platform.IOS else "then delete it under")
        assert warned < stop < safe < deleted < text.index("prove that sending works")


@pytest.mark.parametrize("platform", Platform)
def test_nothing_is_deleted_before_it_is_safe_in_a_fresh_start(platform: Platform) -> None:
    text = written(replace(ORDER, occasion=Occasion.START_OVER, platform=platform))

    stop, safe = (
        text.index("If it says POP there: stop, delete nothing"),
        text.index("Send or copy everything in Outbox"),
    )
    assert stop < safe < text.index("Remove Profile" if platform is Platform.IOS else "Remove the profile under")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_what_keeps_mail_safe_is_read_without_unfolding_anything(language: str) -> None:
    """Outbox and drafts, POP, eight minutes, one profile at a time: visible, or announced by the fold's title."""
    words = WRITER.guide(replace(ORDER, language=language), Medium.PAGE)
    shown = [plain(step.text, direction="ltr") for step in words.steps]
    [title] = [plain(step.fold.title, direction="ltr") for step in words.steps if step.fold and not step.text]
    again = WRITER.guide(replace(ORDER, language=language, occasion=Occasion.START_OVER), Medium.PAGE)
    restore = WRITER.guide(replace(ORDER, language=language, occasion=Occasion.BEFORE_RESTORE), Medium.PAGE)

    assert "8" in shown[1]
    assert {"en": "Never", "de": "nie", "fr": "jamais", "es": "Nunca"}[language] in shown[1]
    assert {"en": "Delete nothing", "de": "nichts löschen", "fr": "Ne supprimez", "es": "No elimine"}[language] in title
    for guide in (again, restore):
        assert any("POP" in plain(step.text, direction="ltr") for step in guide.steps)
        outbox = {"en": "Outbox", "de": "Postausgang", "fr": "Boîte d’envoi", "es": "Bandeja de salida"}[language]
        assert any(outbox in plain(step.text, direction="ltr") for step in guide.steps)


@pytest.mark.parametrize("platform", Platform)
def test_what_a_message_brings_is_saved_before_its_account_is_deleted(platform: Platform) -> None:
    order = replace(ORDER, occasion=Occasion.START_OVER, platform=platform)
    first, *later = (plain(step.whole(), direction="ltr") for step in WRITER.guide(order, Medium.MAIL).steps)

    assert first.startswith("This message disappears together with the account: photograph or print it first. Save ")
    assert "jane.doe@example.com.mobileconfig" in first
    assert any("Open jane.doe@example.com.mobileconfig." in step for step in later)
    assert "disappears" not in plain(WRITER.guide(order, Medium.PAGE).steps[0].whole(), direction="ltr")


@pytest.mark.parametrize("occasion", [Occasion.INSTALL, Occasion.BEFORE_RESTORE, Occasion.START_OVER])
def test_pop_stops_whoever_might_lose_mail(occasion: Occasion) -> None:
    for row in DEVICES.rows:
        assert "POP" in written(replace(ORDER, occasion=occasion, platform=row.platform, device=row.id))


def test_each_kind_of_password_is_asked_for_in_its_own_words() -> None:
    said = {
        PasswordKind.MAILBOX: "Type the password of mailbox@example.com each time you are asked.",
        PasswordKind.APP: "type the app password each time you are asked, not your usual one. You make it at "
        "https://example.com/app-passwords.",
        PasswordKind.SIGN_IN: "sign in to sign-in@example.com",
        PasswordKind.INSIDE: "The password of inside@example.com is in the profile",
    }
    for kind, words in said.items():
        text = written(with_password(ORDER, kind))

        assert words in text
        assert not [other for other, others in said.items() if other is not kind and others in text]
    everything = written(with_password(ORDER, *PasswordKind))
    assert all(words in everything for words in said.values())


def test_several_addresses_are_listed_the_way_the_language_does() -> None:
    accounts = tuple(GuideAccount(address=f"{who}@example.com", outgoing=None) for who in ("ada", "bob", "cyd"))

    assert "ada@example.com, bob@example.com, and cyd@example.com" in written(replace(ORDER, accounts=accounts))
    assert "ada@example.com, bob@example.com und cyd@example.com" in written(
        replace(ORDER, accounts=accounts, language="de")
    )


def test_a_new_password_goes_into_receiving_and_sending_on_all_devices() -> None:
    text = written(replace(ORDER, occasion=Occasion.PASSWORD_CHANGED))

    assert "locked out everywhere" in text
    assert "Receiving: go to Settings > Apps > Mail > Mail Accounts" in text
    assert "Sending: on the same page, tap SMTP > Primary Server" in text
    assert "Then all the others" in text


def test_a_backup_is_encrypted_or_it_keeps_no_passwords() -> None:
    assert "tick Encrypt local backup" in written(replace(ORDER, occasion=Occasion.BEFORE_RESTORE))
    mac = written(replace(ORDER, occasion=Occasion.BEFORE_RESTORE, platform=Platform.MACOS))
    assert "encrypted backup under System Settings > General > Time Machine" in mac


def test_what_settings_must_show_is_listed() -> None:
    text = written(ORDER)

    assert "Profile: Example mail Organisation: Example Works" in text
    assert "Signed by: Example Works Profile Signing, Verified Revision: 1a2b3c4d (in the description)" in text


def test_a_french_colon_stands_apart() -> None:
    lines = WRITER.text(replace(ORDER, language="fr")).splitlines()

    assert "  Organisation\u00a0: Example Works" in lines


def test_an_organisation_that_is_not_the_brand_is_named_as_settings_show_it() -> None:
    assert "Organisation: Example Holding Ltd" in written(replace(ORDER, organization="Example Holding Ltd"))


def test_a_signer_the_device_does_not_know_is_no_surprise() -> None:
    text = written(replace(ORDER, trusted=False))

    assert "It must say Example Works Profile Signing and, as expected here, Not Verified." in text
    assert "Signed by: Example Works Profile Signing, Not Verified" in text


def test_not_verified_is_an_alarm_only_where_verified_is_expected() -> None:
    ours = replace(ORDER, occasion=Occasion.NOT_VERIFIED)

    assert "It still says Not Verified? Tap Cancel" in written(ours)
    assert "All the same: tap Install" not in written(ours)
    assert "All the same: tap Install" in written(replace(ours, trusted=False))
    assert "Do not install it before you have asked" in written(replace(ours, signer=None, revision=None))


def test_a_page_without_anything_to_compare_does_not_ask_to_compare() -> None:
    text = written(replace(ORDER, signer=None, revision=None))

    assert "ompare" not in text
    assert "How to check" not in text


def test_plain_lines_are_short_unless_they_are_an_address() -> None:
    for order in every_page("de"):
        long = [line for line in WRITER.text(order).splitlines() if len(line) > 72]
        assert [line for line in long if " " in line.strip()] == []


def test_a_message_is_short_though_nothing_is_folded_in_it() -> None:
    for language in WRITER.languages():
        assert len(WRITER.text(replace(ORDER, language=language)).splitlines()) <= 46


def test_the_newest_device_is_meant_where_none_is_named() -> None:
    assert WRITER.text(ORDER) == WRITER.text(replace(ORDER, device="ios-26"))


@pytest.mark.parametrize("device", ["nokia-3310", "macos-15"])
def test_a_device_of_another_kind_is_refused(device: str) -> None:
    with pytest.raises(UsageProblem, match=device) as refused:
        WRITER.html(replace(ORDER, device=device))

    assert refused.value.code == "unknown_device"


def test_steps_doctor_and_pages_know_the_same_devices_and_menus() -> None:
    steps = tomllib.loads((TEMPLATES / "steps" / "en.toml").read_text(encoding="utf-8"))["device"]
    doctor = tomllib.loads((TEMPLATES / "doctor" / "en.toml").read_text(encoding="utf-8"))["menu"]

    assert [row.id for row in DEVICES.rows] == [row["id"] for row in steps] == list(doctor)
    for row, step in zip(DEVICES.rows, steps, strict=True):
        assert (row.name, row.since) == (step["name"], step["since"])
        assert doctor[row.id]["accounts"] == " > ".join(row.menus["accounts"])
        assert " > ".join(row.menus["accounts"]) in " ".join(step["steps"])
        if "waiting" in row.menus:
            assert " > ".join(row.menus["waiting"]) in doctor[row.id]["install"]


def test_every_row_says_where_it_was_read() -> None:
    assert all(row.source and row.checked.year >= 2026 for row in DEVICES.rows)
    assert {"ios-10", "ios-18", "ios-26", "macos-12", "macos-13", "macos-26"} <= {row.id for row in DEVICES.rows}
