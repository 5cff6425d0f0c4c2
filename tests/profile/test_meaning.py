"""Summaries, masks and comparisons hold for every property list, however odd."""

import json
import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import InputProblem
from profilegen.profile.adoption import adopt
from profilegen.profile.compare import Change, differences
from profilegen.profile.encryption import payload_array, with_decrypted, with_encrypted
from profilegen.profile.key_words import key_words, value_words
from profilegen.profile.masked import holds_secret, masked
from profilegen.profile.rebuilt import revision_in
from profilegen.profile.summary import summarise
from profilegen.secret import MASK

KEYS = st.sampled_from(
    [
        *("PayloadType", "PayloadIdentifier", "PayloadUUID", "PayloadContent", "PayloadDescription", "EmailAddress"),
        *("IncomingMailServerHostName", "IncomingMailServerPortNumber", "OutgoingMailServerUseSSL", "IncomingPassword"),
        *("OutgoingMailServerAuthentication", "OAuth", "Host", "CalDAVHostName", "SSID", "IsEncrypted"),
    ]
)
TYPES = st.sampled_from(
    [
        *("com.apple.mail.managed", "com.apple.caldav.account", "com.apple.eas.account", "com.apple.google-oauth"),
        *("com.apple.security.pkcs12", "com.apple.wifi.managed"),
    ]
)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=12)
LEAVES = st.booleans() | st.integers(-10, 70_000) | st.floats(allow_nan=False) | TEXT | TYPES | st.binary(max_size=8)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | TEXT, inner, max_size=5), max_leaves=20
)
PAYLOADS = st.lists(st.dictionaries(KEYS, LEAVES | TREES, max_size=8) | LEAVES, max_size=4)
PROFILES = st.builds(lambda top, payloads: {**top, "PayloadContent": payloads}, st.dictionaries(KEYS, TREES), PAYLOADS)


@given(PROFILES)
def test_a_profile_does_the_same_as_itself_in_any_order(profile: dict[str, Any]) -> None:
    payloads = [payload for payload in profile["PayloadContent"] if isinstance(payload, dict)]
    named = [{**payload, "PayloadType": "t", "PayloadIdentifier": f"{n}"} for n, payload in enumerate(payloads)]
    straight = {**profile, "PayloadContent": named}
    turned = {key: straight[key] for key in reversed(straight)}
    turned["PayloadContent"] = [dict(reversed(payload.items())) for payload in reversed(named)]

    assert differences(profile, profile) == ()
    assert differences(straight, turned) == ()


@given(PROFILES, PROFILES)
def test_what_one_comparison_adds_the_other_removes(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = differences(old, new), differences(new, old)

    assert bool(there) == bool(back)
    assert all(
        difference.old != difference.new or difference.secret or _same_number(difference) for difference in there
    )
    whole = [difference for difference in there if difference.what == "payload"]
    assert all(difference.change is not Change.CHANGED for difference in whole)


def _same_number(difference: Any) -> bool:
    """1, 1.0 and true are equal to Python, and three things to a device."""
    return type(difference.old) is not type(difference.new)


@given(PROFILES)
def test_everything_can_be_summarised_masked_and_printed_as_json(profile: dict[str, Any]) -> None:
    summary = summarise(profile)

    json.dumps(masked(profile), allow_nan=False)
    assert len(summary.accounts) + len(summary.others) == sum(
        isinstance(payload, dict) for payload in profile["PayloadContent"]
    )
    assert all(isinstance(value_words(masked(value)), str) for value in profile.values())
    revision_in(profile)


@given(PROFILES, st.sampled_from(["Password", "passcode", "SharedSecret", "Challenge", "AuthToken", "PSK"]))
def test_a_secret_is_nowhere_in_what_may_be_printed(profile: dict[str, Any], key: str) -> None:
    secret = "s3cr3t-4711"
    payload = {"PayloadType": "com.apple.mail.managed", f"Incoming{key}": secret, "Nested": [{key: secret}]}
    hidden = {**profile, "PayloadContent": [payload]}

    printed = json.dumps([masked(hidden), [repr(difference) for difference in differences(profile, hidden)]])

    assert holds_secret(hidden)
    assert secret not in printed
    assert MASK in printed


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://you:pw@dav.example.com/x", f"https://{MASK}@dav.example.com/x"),
        ("https://dav.example.com/you@example.com", "https://dav.example.com/you@example.com"),
    ],
)
def test_a_login_inside_a_url_is_a_secret_too(url: str, shown: str) -> None:
    assert masked({"URL": url}) == {"URL": shown}


def test_booleans_about_passwords_are_no_secrets() -> None:
    assert masked({"OutgoingPasswordSameAsIncomingPassword": True}) == {"OutgoingPasswordSameAsIncomingPassword": True}
    assert not holds_secret({"OutgoingPasswordSameAsIncomingPassword": True, "IncomingPassword": ""})


@given(PROFILES)
def test_adoption_takes_what_there_is_or_says_why_not(profile: dict[str, Any]) -> None:
    try:
        adopted = adopt(profile)
    except InputProblem as problem:
        assert problem.code == "no_identifier"
        return
    assert adopted.identifier == profile["PayloadIdentifier"]
    assert all(payload.uuid and payload.identifier and payload.payload_type for payload in adopted.payloads)


@given(st.lists(st.dictionaries(KEYS, st.booleans() | st.integers(0, 9), min_size=1), min_size=1, max_size=3))
def test_encryption_moves_the_payloads_and_nothing_else(payloads: list[dict[str, Any]]) -> None:
    profile = {"PayloadIdentifier": "x", "PayloadContent": payloads}

    array = payload_array(profile)
    outer = plistlib.loads(with_encrypted(profile, b"envelope"))

    assert outer == {"PayloadIdentifier": "x", "IsEncrypted": True, "EncryptedPayloadContent": b"envelope"}
    assert with_decrypted(outer, array) == profile


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("OutgoingMailServerPortNumber", "outgoing port"),
        ("PayloadContent[0].CalDAVHostName", "calendar server"),
        ("IncomingPassword", "incoming password"),
        ("SomeUnknownURLKey", "Some Unknown URL Key"),
        ("ConsentText.default", "default"),
    ],
)
def test_keys_have_words_people_know(path: str, words: str) -> None:
    assert key_words(path) == words
