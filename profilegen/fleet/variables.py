"""The placeholders an MDM fills in on its way to the device, and what it would fill in: its own record of a person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from profilegen.errors import NotPossible
from profilegen.fleet.seen import Enrollment

_SIGNED = b"0\x80", b"0\x81", b"0\x82", b"0\x83", b"0\x84"
"""How DER or BER of a CMS structure begins (X.690): a SEQUENCE with a long or open length."""


class Fact(StrEnum):
    """What an MDM knows about the person of a device."""

    EMAIL = "email"
    SIGN_IN = "sign_in"
    SIGN_IN_LOCAL = "sign_in_local"
    FULL_NAME = "full_name"


Record = Mapping[Fact, str]
"""What one MDM has on record for one device; a fact it does not have is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    How one MDM writes its variables.

    `facts` are the variables that say who somebody is, in the order they are preferred; `known` every variable of this
    server, exactly as it wants them written; `looks_like` is a regular expression for whatever was meant as one.
    """

    name: str
    facts: tuple[tuple[str, Fact], ...]
    known: frozenset[str]
    looks_like: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that say who somebody is."""
        return tuple(variable for variable, _ in self.facts)

    def variables_in(self, content: bytes) -> tuple[str, ...]:
        """Return everything in a profile that is a variable or was meant as one, each once, in order."""
        found = re.findall(self.looks_like, content.decode("utf-8", "replace"))
        return tuple(dict.fromkeys(found))

    def misspelt_in(self, content: bytes) -> tuple[str, ...]:
        """Return what was meant as a variable and would reach the device as it stands (they are case-sensitive)."""
        return tuple(found for found in self.variables_in(content) if found not in self.known)

    def render(self, content: bytes, record: Record) -> bytes:
        """Return what the server would make of a template; a variable it has no value for stays as it is."""
        values = {variable: record[fact] for variable, fact in self.facts if fact in record}

        def value(match: re.Match[str]) -> str:
            return values.get(match.group(), match.group())

        return re.sub(self.looks_like, value, content.decode("utf-8")).encode("utf-8")


def record_of(enrollment: Enrollment) -> dict[Fact, str]:
    """Return what an MDM would fill in for an enrollment; several addresses or names say nothing certain."""
    record: dict[Fact, str] = {}
    if len(enrollment.emails) == 1:
        record[Fact.EMAIL] = enrollment.emails[0]
    if len(enrollment.sign_ins) == 1:
        record[Fact.SIGN_IN] = enrollment.sign_ins[0]
        record[Fact.SIGN_IN_LOCAL] = enrollment.sign_ins[0].partition("@")[0]
    if enrollment.full_name:
        record[Fact.FULL_NAME] = enrollment.full_name
    return record


def is_signed(data: bytes) -> bool:
    """Return whether bytes are a CMS structure rather than a property list."""
    return data.startswith(_SIGNED)


def refuse_signed_variables(data: bytes, dialect: Dialect) -> None:
    """
    Raise NotPossible `signed_template` for a signed profile with variables.

    Filling them in breaks the signature: servers refuse such a file, or send it with the variables in it.
    """
    if is_signed(data) and dialect.variables_in(data):
        raise NotPossible(
            f"A signed profile cannot carry variables of {dialect.name}: filling them in breaks the signature.",
            hint="Upload the template unsigned; the MDM sends it under its own authority.",
            code="signed_template",
        )


def refuse_misspelt(data: bytes, dialect: Dialect) -> None:
    """Raise NotPossible `bad_variable` for a variable this server does not know in this spelling."""
    misspelt = dialect.misspelt_in(data)
    if misspelt:
        raise NotPossible(
            f"{dialect.name} knows no variable {', '.join(misspelt)}: it would reach the device as it stands.",
            hint=f"They are case-sensitive; there is {', '.join(sorted(dialect.known))}.",
            code="bad_variable",
        )


_JAMF = (
    *("EMAIL", "USERNAME", "FULLNAME", "REALNAME", "PHONE", "POSITION", "DEPARTMENTNAME", "DEPARTMENTID", "ROOM"),
    *("BUILDINGNAME", "BUILDINGID", "SITENAME", "SITEID", "COMPUTERNAME", "DEVICENAME", "SERIALNUMBER", "UDID"),
    *("MACADDRESS", "MANAGEMENTID", "JSSID", "PROFILEJSSID"),
)

JAMF = Dialect(
    name="Jamf Pro",
    facts=(("$EMAIL", Fact.EMAIL), ("$USERNAME", Fact.SIGN_IN), ("$FULLNAME", Fact.FULL_NAME)),
    known=frozenset(f"${name}" for name in _JAMF),
    looks_like=rf"(?i:\$(?:{'|'.join(_JAMF)})(?!\w))",
)
"""Jamf Pro's payload variables; `$USERNAME` of a user-level profile on a Mac is who logs in there."""

_FLEET = "FLEET_VAR_HOST_END_USER_IDP_"

FLEET = Dialect(
    name="Fleet",
    facts=(
        (f"${_FLEET}USERNAME", Fact.SIGN_IN),
        (f"${_FLEET}USERNAME_LOCAL_PART", Fact.SIGN_IN_LOCAL),
        (f"${_FLEET}FULL_NAME", Fact.FULL_NAME),
    ),
    known=frozenset(
        (
            *(f"${_FLEET}{name}" for name in ("USERNAME", "USERNAME_LOCAL_PART", "FULL_NAME", "GROUPS", "DEPARTMENT")),
            *(f"$FLEET_VAR_HOST_{name}" for name in ("END_USER_EMAIL_IDP", "HARDWARE_SERIAL", "UUID", "PLATFORM")),
        )
    ),
    looks_like=r"(?i:\$\{?FLEET_VAR_\w+\}?)",
)
"""Fleet's built-in variables, filled from the identity provider."""

INTUNE = Dialect(
    name="Intune",
    facts=(
        ("{{mail}}", Fact.EMAIL),
        ("{{userprincipalname}}", Fact.SIGN_IN),
        ("{{partialupn}}", Fact.SIGN_IN_LOCAL),
        ("{{username}}", Fact.FULL_NAME),
    ),
    known=frozenset(
        f"{{{{{name}}}}}"
        for name in (
            *("mail", "userprincipalname", "partialupn", "username", "userid", "accountid", "deviceid", "aaddeviceid"),
            *("serialnumber", "serialnumberlast4digits", "udidlast4digits"),
        )
    ),
    looks_like=r"\{\{[^{}]{1,64}\}\}",
)
"""Intune's tokens (Microsoft: tokens used in the property list); nothing checks their spelling over there."""

SIMPLEMDM = Dialect(
    name="SimpleMDM",
    facts=(("{{email}}", Fact.EMAIL), ("{{full_name}}", Fact.FULL_NAME)),
    known=frozenset(("{{email}}", "{{full_name}}", "{{serial_number}}", "{{udid}}", "{{device_name}}")),
    looks_like=r"\{\{[^{}]{1,64}\}\}",
)
"""SimpleMDM's attributes: `email` and `full_name` are custom ones, which an account defines for itself."""
