"""Templates: one profile for many people, proved for each of them before anybody gets it."""

import plistlib
from dataclasses import replace
from typing import Any

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.fleet.seat import EnrollmentChannel, Mailbox, Seat, SecretRoute, seat_key
from profilegen.fleet.seen import Enrollment
from profilegen.fleet.template import Candidate, accounts_of, plan_templates
from profilegen.fleet.variables import (
    FLEET,
    INTUNE,
    JAMF,
    SIMPLEMDM,
    Dialect,
    record_of,
    refuse_misspelt,
    refuse_signed_variables,
)
from profilegen.profile.envelope import build_profile
from profilegen.profile.identity import mailbox_key, top_identifier
from profilegen.profile.order import PasswordAccount, ProfileOrder
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, MailSettings, Protocol, Security, Server

PREFIX = "com.example"
SEAL = b"a seal of the tests"


def settings(mailbox: Mailbox, *, imap: str = "imap.example.com", username: str | None = None) -> MailSettings:
    name = username or mailbox.username or str(mailbox.address)
    incoming = Server(
        protocol=Protocol.IMAP, host=imap, port=993, security=Security.TLS, auth=(Auth.PASSWORD,), username=name
    )
    outgoing = Server(
        protocol=Protocol.SMTP,
        host="smtp.example.com",
        port=587,
        security=Security.STARTTLS,
        auth=(Auth.PASSWORD,),
        username=mailbox.outgoing_username or name,
    )
    return MailSettings(
        address=mailbox.address,
        display_name=mailbox.name,
        incoming=incoming,
        outgoing=outgoing,
        aliases=mailbox.aliases,
    )


def candidate(
    address: str,
    *,
    imap: str = "imap.example.com",
    name: str | None = None,
    username: str | None = None,
    aliases: tuple[str, ...] = (),
    record: dict[str, Any] | None = None,
    password: Secret | None = None,
) -> Candidate:
    mailbox = Mailbox(
        address=Address.parse(address),
        name=name,
        username=username,
        aliases=tuple(Address.parse(alias) for alias in aliases),
    )
    account = PasswordAccount(settings=settings(mailbox, imap=imap), incoming_password=password)
    order = ProfileOrder(
        accounts=(account,), delivery=Delivery.MDM, platform=Platform.IOS, identifier_prefix=PREFIX, seal=SEAL
    )
    key = mailbox_key(mailbox.address)
    seat = Seat(
        key=seat_key(key, "office", address),
        profile=key,
        person=address,
        mailboxes=(mailbox,),
        mdm="office",
        channel=EnrollmentChannel.DEVICE,
        platform=Platform.IOS,
        route=SecretRoute.ASK,
        identifier=top_identifier(PREFIX, key),
        udid=address,
    )
    known = {"emails": (address,), "sign_ins": (address,), **(record or {})}
    enrollment = Enrollment(mdm="office", id=address, channel=EnrollmentChannel.DEVICE, udid=address, **known)
    return Candidate(seat=seat, enrollment=enrollment, content=build_profile(order).content)


def planned(*candidates: Candidate, dialect: Dialect = INTUNE) -> Any:
    return plan_templates(candidates, dialect=dialect, mdm="office", identifier_prefix=PREFIX)


@pytest.mark.parametrize(
    ("dialect", "variable"),
    [
        (JAMF, "$EMAIL"),
        (INTUNE, "{{mail}}"),
        (SIMPLEMDM, "{{email}}"),
        (FLEET, "$FLEET_VAR_HOST_END_USER_IDP_USERNAME"),
    ],
)
def test_one_template_serves_everybody_with_the_same_servers(dialect: Dialect, variable: str) -> None:
    people = [candidate(f"{name}@example.com") for name in ("alice", "bob", "carol")]

    plan = planned(*people, dialect=dialect)

    assert plan.unserved == ()
    assert [template.seats for template in plan.templates] == [tuple(one.seat.key for one in people)]
    template = plan.templates[0]
    assert template.variables == (variable,)
    payload = plistlib.loads(template.content)["PayloadContent"][0]
    assert payload["EmailAddress"] == payload["OutgoingMailServerUsername"] == variable
    for one in people:
        rendered = dialect.render(template.content, record_of(one.enrollment))
        assert accounts_of(rendered) == accounts_of(one.content)
        assert one.seat.person.encode() not in template.content


def test_local_parts_and_full_names_have_variables_of_their_own() -> None:
    people = [
        candidate(
            f"{name}@example.com",
            username=name,
            name=f"{name.title()} Example",
            record={"full_name": f"{name.title()} Example"},
        )
        for name in ("alice", "bob")
    ]

    plan = planned(*people)

    assert plan.unserved == ()
    assert set(plan.templates[0].variables) == {"{{mail}}", "{{partialupn}}", "{{username}}"}


def test_the_identifier_of_a_template_stays_when_the_servers_move_and_its_uuid_does_not() -> None:
    before = planned(candidate("alice@example.com")).templates[0]
    after = planned(candidate("alice@example.com", imap="mail.example.net")).templates[0]

    assert after.identifier == before.identifier
    assert after.uuid != before.uuid
    assert after.revision.encode() in after.content


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (candidate("dora@example.com", name="Dora Example"), "EmailAccountName is its own"),
        (candidate("dora@example.com", username="d4711"), "IncomingMailServerUsername is its own"),
        (candidate("dora@example.com", aliases=("info@example.com",)), "EmailAddress is its own"),
        (candidate("dora@example.com", password=Secret(text="s3cret")), "a password stands in its profile"),
        (candidate("dora@example.com", record={"emails": (), "sign_ins": ()}), "no address and no name on record"),
        (candidate("dora@example.com", record={"emails": ("x@example.com", "dora@example.com"), "sign_ins": ()}), "no"),
        (candidate("dora@example.com", record={"emails": ("eve@example.com",), "sign_ins": ()}), "is its own"),
        (candidate("d&ra@example.com"), "breaks XML"),
    ],
)
def test_whoever_a_template_cannot_serve_is_listed_with_the_reason(odd: Candidate, why: str) -> None:
    plan = planned(candidate("alice@example.com"), odd, candidate("bob@example.com"))

    assert [one.seat for one in plan.unserved] == [odd.seat.key]
    assert why in plan.unserved[0].why
    assert len(plan.templates[0].seats) == 2
    assert b"s3cret" not in plan.templates[0].content


def test_the_record_of_another_person_never_makes_this_persons_account() -> None:
    """The MDM says the device is eve's: what would be filled in is eve's address, whatever the roster says."""
    stale = candidate("dora@example.com", record={"emails": ("eve@example.com",), "sign_ins": ("dora@example.com",)})

    plan = planned(candidate("alice@example.com"), candidate("bob@example.com"), stale)

    template = next(one for one in plan.templates if stale.seat.key in one.seats)
    assert template.variables == ("{{userprincipalname}}",)
    assert accounts_of(INTUNE.render(template.content, record_of(stale.enrollment))) == accounts_of(stale.content)
    assert stale.seat.key not in plan.templates[0].seats


def test_an_address_written_otherwise_in_the_record_is_found_by_comparing_bytes() -> None:
    capital = candidate("alice@example.com")
    other = replace(capital, enrollment=replace(capital.enrollment, emails=("Alice@Example.com",)))

    plan = planned(other)

    assert plan.templates == ()
    assert "another account" in plan.unserved[0].why


def test_a_minority_with_other_servers_is_listed_because_both_would_claim_one_identifier() -> None:
    plan = planned(
        candidate("alice@example.com"), candidate("bob@example.com"), candidate("dora@example.com", imap="old.example")
    )

    assert len(plan.templates) == 1
    assert "a group of their own" in plan.unserved[0].why


@pytest.mark.parametrize(
    ("dialect", "text", "misspelt"),
    [
        (INTUNE, "{{Mail}} {{mail}} {{ mail }}", ("{{Mail}}", "{{ mail }}")),
        (JAMF, "$email $EMAIL $EMAILS costs $5", ("$email",)),
        (FLEET, "${FLEET_VAR_HOST_UUID} $FLEET_VAR_HOST_END_USER_IDP_NAME", None),
        (SIMPLEMDM, "{{emial}}", ("{{emial}}",)),
    ],
)
def test_a_variable_in_the_wrong_spelling_is_found(
    dialect: Dialect, text: str, misspelt: tuple[str, ...] | None
) -> None:
    expected = misspelt or ("${FLEET_VAR_HOST_UUID}", "$FLEET_VAR_HOST_END_USER_IDP_NAME")

    assert dialect.misspelt_in(text.encode()) == expected
    with pytest.raises(NotPossible) as caught:
        refuse_misspelt(text.encode(), dialect)
    assert caught.value.code == "bad_variable"


def test_a_longer_variable_is_not_taken_for_a_shorter_one() -> None:
    record = record_of(Enrollment(mdm="m", id="1", channel=EnrollmentChannel.DEVICE, sign_ins=("alice@example.com",)))
    content = b"$FLEET_VAR_HOST_END_USER_IDP_USERNAME_LOCAL_PART $FLEET_VAR_HOST_END_USER_IDP_USERNAME"

    assert FLEET.render(content, record) == b"alice alice@example.com"


def test_signed_bytes_with_variables_are_refused_and_signed_bytes_without_are_not() -> None:
    refuse_signed_variables(b"0\x82\x01\x00 nothing in it", INTUNE)
    refuse_signed_variables(b"<?xml {{mail}}", INTUNE)
    with pytest.raises(NotPossible) as caught:
        refuse_signed_variables(b"0\x82\x01\x00 {{mail}}", INTUNE)
    assert caught.value.code == "signed_template"
