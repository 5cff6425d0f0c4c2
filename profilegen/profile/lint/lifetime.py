"""PG214-PG217: how a profile goes away again, what it asks consent for, and the devices it is for."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from profilegen.address import shorten
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, Rule, Subject, shown
from profilegen.profile.mail import MAIL
from profilegen.profile.types import Delivery, Platform

REMOVAL_PASSWORD = "com.apple.profileRemovalPassword"  # noqa: S105 - the name of a payload type
_SOON = timedelta(days=7)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_DEVICE_TYPES = range(7)


def locked_in(subject: Subject) -> Iterator[Fault]:
    """PG214: on iPhones and iPads only a supervised device honours PayloadRemovalDisallowed (Apple: TopLevel)."""
    if subject.top.get("PayloadRemovalDisallowed") is not True:
        return
    path = "PayloadRemovalDisallowed"
    if subject.platform is Platform.IOS and subject.delivery is Delivery.INTERACTIVE:
        message = "PayloadRemovalDisallowed is true, but only supervised devices honour it on iOS."
        yield Fault(path=path, message=message, hint="Remove the key, or deliver over MDM to supervised devices.")
    elif not any(True for _ in subject.of_type(REMOVAL_PASSWORD)):
        message = "PayloadRemovalDisallowed is true, and there is no removal password: nobody can take the profile off."
        hint = f"Add a {REMOVAL_PASSWORD} payload, or remove the key."
        yield Fault(path=path, message=message, hint=hint, severity=Severity.WARNING)


def ending_soon(subject: Subject) -> Iterator[Fault]:
    """PG215: dates on which the device removes the profile or calls it outdated."""
    for key in ("RemovalDate", "PayloadExpirationDate"):
        if key in subject.top:
            yield from _date_faults(key, subject.top[key], subject.now)
    duration = subject.top.get("DurationUntilRemoval")
    if duration is not None and not isinstance(duration, float):
        message = "DurationUntilRemoval is no <real>; Apple wants seconds as a real number."
        yield Fault(path="DurationUntilRemoval", message=message, hint="Write it like <real>604800</real>.")
    if duration is not None and "RemovalDate" in subject.top:
        message = "RemovalDate and DurationUntilRemoval are both there; the earlier one wins."
        yield Fault(path="DurationUntilRemoval", message=message, hint="Keep one of them.")


def wrong_consent(subject: Subject) -> Iterator[Fault]:
    """PG216: ConsentText maps languages to texts, with one for everybody else."""
    texts = subject.top.get("ConsentText")
    if texts is None:
        return
    if not isinstance(texts, Mapping):
        message = "ConsentText is no dictionary of languages and texts."
        yield Fault(path="ConsentText", message=message, hint='Write a dictionary with the key "default".')
        return
    if "default" not in texts:
        message = 'ConsentText has no "default": people with another language see no text.'
        yield Fault(path="ConsentText", message=message, hint='Add a text under the key "default".')
    for language, text in texts.items():
        if not _LANGUAGE.fullmatch(language):
            message = f"ConsentText has a text for {shorten(language)}, which is no language."
            yield Fault(path="ConsentText", message=message, hint='Use codes like "en" or "pt-BR".')
        elif not isinstance(text, str) or not text.strip():
            message = f"The ConsentText for {shorten(language)} is empty."
            yield Fault(path="ConsentText", message=message, hint="Write the text, or remove the language.")


def unclear_device(subject: Subject) -> Iterator[Fault]:
    """PG217: without a target iOS asks a person with a watch on which device to install."""
    value = subject.top.get("TargetDeviceType")
    if value is not None and (type(value) is not int or value not in _DEVICE_TYPES):
        message = f"TargetDeviceType is {shown(value)}, no whole number from 0 to 6: no device takes the profile."
        yield Fault(path="TargetDeviceType", message=message, hint="Write 1 for iPhone and iPad, 5 for Mac.")
    by_hand = subject.platform is Platform.IOS and subject.delivery is Delivery.INTERACTIVE
    if value is None and by_hand and any(True for _ in subject.of_type(MAIL)):
        yield Fault(
            path="TargetDeviceType",
            message="TargetDeviceType is missing: who also has a watch is asked to choose a device.",
            hint="Set TargetDeviceType to 1 for iPhone and iPad.",
            severity=Severity.INFO,
        )


def _date_faults(key: str, value: object, now: datetime) -> Iterator[Fault]:
    if not isinstance(value, datetime):
        yield Fault(path=key, message=f"{key} is no date.", hint="Write it as <date>2027-01-31T00:00:00Z</date>.")
        return
    day = value.replace(tzinfo=now.tzinfo) if value.tzinfo is None else value
    hint = "Choose a later date, or leave it out."
    if day <= now:
        yield Fault(path=key, message=f"{key} is in the past: {day:%Y-%m-%d}.", hint=hint)
    elif day - now < _SOON:
        yield Fault(path=key, message=f"{key} is less than a week away: {day:%Y-%m-%d}.", hint=hint)


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
RULES = (
    Rule(id="PG214", severity=_ERROR, summary="The profile cannot be removed, or says so in vain.", check=locked_in),
    Rule(id="PG215", severity=_WARNING, summary="The profile ends soon, or contradictorily.", check=ending_soon),
    Rule(id="PG216", severity=_WARNING, summary="ConsentText lacks a text or a language.", check=wrong_consent),
    Rule(id="PG217", severity=_ERROR, summary="TargetDeviceType is missing or unknown.", check=unclear_device),
)
