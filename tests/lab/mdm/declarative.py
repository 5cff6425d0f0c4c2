"""
The declarative half of a test device: it fetches declarations, sets up accounts, and reports what changed.

As Apple describes it: an asset is fetched once per token, a configuration is applied once per token, and a report goes
out only when something it speaks of changed, or in full where `report` says so. What a person changes on the device
stays until the account is declared anew.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from profilegen.profile.declaration import ACCOUNT_MAIL, ACTIVATION, CREDENTIAL, SUBSCRIPTIONS, USER_IDENTITY
from tests.lab.mdm.device import Channel, Device

Fetch = Callable[[str], Mapping[str, str] | None]
"""Takes a DataURL, returns the credential that lies there, None if there is none."""

DIRECTIONS = ("incoming", "outgoing")


@dataclass(slots=True)
class Account:
    """One account as it stands on the device: `servers` by direction, with host, port and user."""

    identifier: str
    servers: dict[str, dict[str, Any]]
    passwords: dict[str, str | None]


@dataclass(slots=True)
class DeclarativeClient:
    """What one device has by declaration; give its `sync` to `Device.declarative`."""

    fetch: Fetch
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    reports: int = 0
    _logins: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _applied: dict[str, str] = field(default_factory=dict)
    _told: dict[str, Any] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def sync(self, device: Device, channel: Channel) -> None:
        """Fetch every declaration, apply what is activated, and report what changed."""
        found = self._fetched(device, channel)
        self.tokens = {name: one["ServerToken"] for name, one in found.items()}
        activations = [one["Payload"] for one in found.values() if one["Type"] == ACTIVATION]
        active = {name for one in activations for name in one["StandardConfigurations"]}
        states = {name: self._state(one, found, active) for name, one in found.items()}
        self._apply(found, states)
        subscribed = {
            item["Name"]
            for name, one in found.items()
            if one["Type"] == SUBSCRIPTIONS and name in active
            for item in one["Payload"]["StatusItems"]
        }
        self._tell(device, channel, {"declarations": self._declared(found, states), **self._mail(subscribed)})

    def report(self, device: Device, channel: Channel) -> None:
        """Report everything, as devices do about once a day."""
        self._send(device, channel, self._told | self._mail(set(self._told)), full=True)

    def lose(self, declaration: str, device: Device, channel: Channel) -> None:
        """Lose an account, as when a person deletes it, and report that."""
        del self.accounts[declaration]
        self._tell(device, channel, self._told | self._mail(set(self._told)))

    def change(self, declaration: str, direction: str, device: Device, channel: Channel, **changes: Any) -> None:
        """Let a person change a server of an account, and report that."""
        self.accounts[declaration].servers[direction] |= changes
        self._tell(device, channel, self._told | self._mail(set(self._told)))

    def wipe(self) -> None:
        """Forget everything, as a restored device does."""
        self.accounts, self.tokens, self._told = {}, {}, {}
        self._logins, self._applied = {}, {}

    def _fetched(self, device: Device, channel: Channel) -> dict[str, dict[str, Any]]:
        manifest = json.loads(device.check_in_declarative(channel, "declaration-items"))["Declarations"]
        return {
            item["Identifier"]: json.loads(
                device.check_in_declarative(channel, f"declaration/{kind.lower().rstrip('s')}/{item['Identifier']}")
            )
            for kind, items in manifest.items()
            for item in items
        }

    def _state(self, one: Mapping[str, Any], found: Mapping[str, Any], active: set[str]) -> tuple[bool, str]:
        if one["Type"] != ACCOUNT_MAIL:
            return True, "valid"
        payload = one["Payload"]
        identity = found.get(payload.get("UserIdentityAssetReference", ""), {})
        servers = (payload["IncomingServer"], payload["OutgoingServer"])
        has_logins = all(self._login(server, found) is not None for server in servers)
        valid = identity.get("Type") == USER_IDENTITY and has_logins
        return valid and one["Identifier"] in active, "valid" if valid else "invalid"

    def _login(self, server: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, str] | None:
        if server["AuthenticationMethod"] == "None":
            return {}
        asset = found.get(server.get("AuthenticationCredentialsAssetReference", ""), {})
        if asset.get("Type") != CREDENTIAL:
            return None
        token = asset["ServerToken"]
        if token not in self._logins:
            login = self.fetch(asset["Payload"]["Reference"]["DataURL"])
            if login is None:
                return None
            self._logins[token] = login
        return self._logins[token]

    def _apply(self, found: Mapping[str, Any], states: Mapping[str, tuple[bool, str]]) -> None:
        wanted = {name for name, (is_active, _) in states.items() if found[name]["Type"] == ACCOUNT_MAIL and is_active}
        for name in [*self.accounts, *self._applied]:
            if name not in wanted:
                self.accounts.pop(name, None)
                self._applied.pop(name, None)
        for name in wanted:
            self._set_up(name, found)

    def _set_up(self, name: str, found: Mapping[str, Any]) -> None:
        """Make an account as declared, or only give it a new password."""
        payload = found[name]["Payload"]
        declared = {direction: payload[f"{direction.title()}Server"] for direction in DIRECTIONS}
        logins = {direction: self._login(server, found) or {} for direction, server in declared.items()}
        passwords = {direction: login.get("Password") for direction, login in logins.items()}
        if self._applied.get(name) == found[name]["ServerToken"]:
            if name in self.accounts:
                self.accounts[name].passwords = passwords
            return
        self._applied[name] = found[name]["ServerToken"]
        servers = {
            direction: {
                "hostname": server["HostName"],
                "port": server["Port"],
                "username": logins[direction].get("UserName", ""),
            }
            for direction, server in declared.items()
        }
        known = self.accounts.get(name)
        identifier = known.identifier if known is not None else f"account {next(self._numbers)}"
        self.accounts[name] = Account(identifier=identifier, servers=servers, passwords=passwords)

    # --- what it reports

    def _declared(self, found: Mapping[str, Any], states: Mapping[str, tuple[bool, str]]) -> dict[str, Any]:
        declarations: dict[str, list[dict[str, Any]]] = {}
        for name, (is_active, valid) in states.items():
            kind = found[name]["Type"].split(".")[2]
            kind = kind if kind == "management" else f"{kind}s"
            item = {"identifier": name, "active": is_active, "valid": valid, "server-token": self.tokens[name]}
            if valid == "invalid":
                item["reasons"] = [{"code": "Error.MissingReference", "description": "An asset cannot be resolved."}]
            declarations.setdefault(kind, []).append(item)
        return declarations

    def _mail(self, subscribed: set[str]) -> dict[str, Any]:
        return {
            item: {
                account.identifier: {"declaration-identifier": name, **account.servers[item.rpartition(".")[2]]}
                for name, account in self.accounts.items()
            }
            for item in (f"account.list.mail.{direction}" for direction in DIRECTIONS)
            if item in subscribed
        }

    def _tell(self, device: Device, channel: Channel, now: dict[str, Any]) -> None:
        if now != self._told:
            self._send(device, channel, now, full=False)

    def _send(self, device: Device, channel: Channel, now: dict[str, Any], *, full: bool) -> None:
        items: dict[str, Any] = {}
        if full or now["declarations"] != self._told.get("declarations"):
            items["management"] = {"declarations": now["declarations"]}
        mail = {
            key.rpartition(".")[2]: _changes({} if full else self._told.get(key, {}), accounts)
            for key, accounts in now.items()
            if key != "declarations" and (full or accounts != self._told.get(key))
        }
        if mail:
            items["account"] = {"list": {"mail": mail}}
        self._told = json.loads(json.dumps(now))
        self.reports += 1
        status = {"StatusItems": items, "Errors": [], **({"FullReport": True} if full else {})}
        device.check_in_declarative(channel, "status", json.dumps(status).encode())


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    gone = [{"identifier": name, "_removed": True} for name in sorted(before.keys() - now.keys())]
    return gone + [{"identifier": name, **item} for name, item in now.items() if item != before.get(name)]
