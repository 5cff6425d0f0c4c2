"""
Test devices: a phone and a Mac that speak Apple's check-in and connect protocol and keep profiles like real ones.

They install signed profiles (read with our own reader), replace by PayloadIdentifier, list what they have with the keys
of Apple's ProfileList, refuse mail on a Mac's device channel, and can be locked, offline, restored and updated.
"""

import http.client
import plistlib
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.lab.mdm.identity import device_identity
from tests.lab.mdm.nano import CERT_HEADER, TOPIC
from tests.lab.mdm.profiles import BadProfile, Held, held_profile, listed

CHECKIN = "application/x-apple-aspen-mdm-checkin"
CONNECT = "application/x-apple-aspen-mdm; charset=UTF-8"
SIGNATURE_HEADER = "Mdm-Signature"
_MOST_COMMANDS = 100

ErrorChain = list[dict[str, Any]]


@dataclass(slots=True)
class Channel:
    """One enrollment of a device: its own profiles; `user` is None for the device channel."""

    profiles: dict[str, Held] = field(default_factory=dict)
    user: str | None = None
    short_name: str | None = None
    long_name: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """The keys that name the channel in every message."""
        pairs = (("UserID", self.user), ("UserShortName", self.short_name), ("UserLongName", self.long_name))
        return {key: value for key, value in pairs if value is not None}


class Device:
    """A device and everything on it; subclasses say what kind. Use `poll` for what a push makes a device do."""

    product = "iPhone14,7"
    reports_managed = True
    takes_mail_itself = True

    def __init__(self, url: str, *, number: int, os_version: str = "18.1", build: str = "22B83") -> None:
        self.udid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.product} {number}")).upper()
        self.serial = f"T{self.product[0].upper()}{number:08d}"
        self.os_version, self.build = os_version, build
        self.channel = Channel()
        self.users: list[Channel] = []
        self.locked = False
        self.offline = False
        self.fail_install: ErrorChain | None = None
        self.declarative: Callable[[Device, Channel], None] | None = None
        self._url = urlsplit(url)
        self.places = {CHECKIN: "/mdm", CONNECT: "/mdm"}
        self.identity = device_identity(self.udid)
        self._busy = threading.RLock()

    @property
    def id(self) -> str:
        """The id of its device channel."""
        return self.udid

    @property
    def channels(self) -> list[Channel]:
        """The device channel and every user channel."""
        return [self.channel, *self.users]

    # --- what happens to a device

    def enrol(self) -> None:
        """Authenticate, then TokenUpdate for the device and every user who is logged in."""
        with self._busy:
            self.authenticate()
            for channel in self.channels:
                self.token_update(channel)

    def authenticate(self) -> None:
        """Begin an enrollment, which empties the server's queue."""
        self._check_in(
            "Authenticate",
            self.channel,
            Topic=TOPIC,
            SerialNumber=self.serial,
            OSVersion=self.os_version,
            BuildVersion=self.build,
            ProductName=self.product,
            DeviceName=f"Test {self.serial}",
        )

    def token_update(self, channel: Channel) -> None:
        """Give the server what it needs to push."""
        secret = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.udid} {channel.user}")
        self._check_in("TokenUpdate", channel, Topic=TOPIC, Token=secret.bytes * 2, PushMagic=str(secret).upper())

    def check_out(self) -> None:
        """Leave the MDM: what it installed is gone."""
        with self._busy:
            self._check_in("CheckOut", self.channel, Topic=TOPIC)
            self._wipe()

    def restore(self) -> None:
        """Come back from a backup: no profile is left, and the device enrols again."""
        with self._busy:
            self._wipe()
            self.enrol()

    def update_os(self, version: str, build: str, *, keeps_profiles: bool = True) -> None:
        """Run another version of the operating system from now on."""
        with self._busy:
            self.os_version, self.build = version, build
            if not keeps_profiles:
                self._wipe()

    def lose(self, identifier: str) -> None:
        """Lose one profile without a word to anybody."""
        with self._busy:
            for channel in self.channels:
                channel.profiles.pop(identifier, None)

    def install_by_hand(self, data: bytes) -> None:
        """Install a profile as a person would."""
        with self._busy:
            held = held_profile(data, managed=False)
            (self.users[0] if self.users else self.channel).profiles[held.identifier] = held

    def installed(self) -> dict[str, Held]:
        """Return every profile on every channel by its identifier."""
        return {key: held for channel in self.channels for key, held in channel.profiles.items()}

    # --- talking to the server

    def poll(self) -> int:
        """Say Idle on every channel and do what is asked, as after a push; return how many commands were answered."""
        with self._busy:
            if self.offline:
                return 0
            return sum(self._drain(channel) for channel in self.channels)

    def _drain(self, channel: Channel) -> int:
        answer: dict[str, Any] = {"Status": "Idle"}
        for count in range(_MOST_COMMANDS):
            body = self._send({"UDID": self.udid, **channel.named, **answer}, CONNECT)
            if not body:
                return count
            answer = self._obey(plistlib.loads(body), channel)
        return _MOST_COMMANDS

    def _obey(self, message: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
        command = message["Command"]
        named = {"CommandUUID": message["CommandUUID"]}
        if self.locked:
            return named | {"Status": "NotNow"}
        return named | self._result(command, channel)

    def _result(self, command: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
        match command["RequestType"]:
            case "InstallProfile":
                return self._install(command, channel)
            case "RemoveProfile":
                return self._remove(command, channel)
            case "ProfileList":
                return self._list(command, channel)
            case "DeviceInformation":
                return self._describe(command)
            case "DeclarativeManagement":
                return self._declare(channel)
            case other:
                return failed("MCMDMErrorDomain", 12021, f"“{other}” is not a valid request type.")

    def _install(self, command: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
        if self.fail_install is not None:
            return {"Status": "Error", "ErrorChain": self.fail_install}
        if not isinstance(command.get("Payload"), bytes):
            return {"Status": "CommandFormatError"}
        try:
            held = held_profile(command["Payload"], managed=True)
        except BadProfile as exc:
            inner = {"ErrorCode": 1000, "ErrorDomain": "MCProfileErrorDomain", "LocalizedDescription": str(exc)}
            return failed("MCInstallationErrorDomain", 4000, "The profile could not be installed.", inner)
        refusal = self.refusal(held, channel)
        if refusal is None:
            channel.profiles[held.identifier] = held
        return refusal or {"Status": "Acknowledged"}

    def refusal(self, held: Held, channel: Channel) -> dict[str, Any] | None:
        """Return why the device does not take a profile on a channel, None if it does."""
        if self.takes_mail_itself or channel.user is not None or not held.has_mail:
            return None
        text = "The profile must be a system profile. User profiles are not supported."
        return failed("NSPOSIXErrorDomain", 1, text)

    def absent(self, identifier: str) -> dict[str, Any]:
        """Return what this kind of device says when a profile to remove is not there."""
        return failed("MCMDMErrorDomain", 12075, f"The profile “{identifier}” is not installed.")

    def _remove(self, command: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
        gone = channel.profiles.pop(command["Identifier"], None)
        return {"Status": "Acknowledged"} if gone is not None else self.absent(command["Identifier"])

    def _list(self, command: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
        only_managed = command.get("ManagedOnly") is True
        names_inner = int(self.os_version.partition(".")[0]) >= (17 if self.reports_managed else 14)
        items = [
            listed(held, says_managed=self.reports_managed, names_inner=names_inner)
            for held in channel.profiles.values()
            if held.managed or not only_managed
        ]
        return {"Status": "Acknowledged", "ProfileList": items}

    def _describe(self, command: Mapping[str, Any]) -> dict[str, Any]:
        facts = {
            "UDID": self.udid,
            "SerialNumber": self.serial,
            "OSVersion": self.os_version,
            "BuildVersion": self.build,
            "ProductName": self.product,
            "DeviceName": f"Test {self.serial}",
        }
        queries = command.get("Queries", [])
        return {"Status": "Acknowledged", "QueryResponses": {key: facts[key] for key in queries if key in facts}}

    def _declare(self, channel: Channel) -> dict[str, Any]:
        if self.declarative is not None:
            self.declarative(self, channel)
        return {"Status": "Acknowledged"}

    def check_in_declarative(self, channel: Channel, endpoint: str, data: bytes | None = None) -> bytes:
        """Ask the declarative endpoint of the server and return what it says."""
        extra = {} if data is None else {"Data": data}
        return self._check_in("DeclarativeManagement", channel, Endpoint=endpoint, **extra)

    def _check_in(self, kind: str, channel: Channel, **keys: Any) -> bytes:
        return self._send({"MessageType": kind, "UDID": self.udid, **channel.named, **keys}, CHECKIN)

    def _send(self, message: Mapping[str, Any], content_type: str) -> bytes:
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=30)
        body = plistlib.dumps(message)
        shown = {CERT_HEADER: self.identity.header, SIGNATURE_HEADER: self.identity.signature(body)}
        try:
            connection.request(
                "PUT", self._url.path + self.places[content_type], body, {"Content-Type": content_type, **shown}
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise AssertionError(f"the server answered {response.status} to {message.get('MessageType', 'connect')}")
        return answer

    def _wipe(self) -> None:
        for channel in self.channels:
            channel.profiles.clear()


class Phone(Device):
    """An iPhone: one channel."""


class Mac(Device):
    """A Mac: mail goes to the channel of a user who is logged in."""

    product = "Mac14,7"
    reports_managed = False
    takes_mail_itself = False

    def __init__(self, url: str, *, number: int, os_version: str = "15.1", build: str = "24B83") -> None:
        super().__init__(url, number=number, os_version=os_version, build=build)

    def log_in(self, short_name: str, long_name: str | None = None) -> Channel:
        """Open a user channel, and tell the server if the Mac is enrolled; returns the channel."""
        user = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.udid} {short_name}")).upper()
        channel = Channel(user=user, short_name=short_name, long_name=long_name or short_name.title())
        with self._busy:
            self.users.append(channel)
        return channel

    def user_id(self, channel: Channel) -> str:
        """Return the enrollment id NanoMDM gives a user channel."""
        return f"{self.udid}:{channel.user}"

    def absent(self, identifier: str) -> dict[str, Any]:
        return failed("MDMClientError", 89, f"Profile with identifier '{identifier}' not found.")


def failed(domain: str, code: int, text: str, *inner: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Error answer with its chain, outermost first."""
    outer = {"ErrorCode": code, "ErrorDomain": domain, "LocalizedDescription": text, "USEnglishDescription": text}
    return {"Status": "Error", "ErrorChain": [outer, *map(dict, inner)]}
