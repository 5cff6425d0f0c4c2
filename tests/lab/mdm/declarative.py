"""The declarative half of a test device: it fetches declarations, sets up accounts, and reports what it has."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from profilegen.profile.declaration import ACCOUNT_MAIL, ACTIVATION, CREDENTIAL, SUBSCRIPTIONS, USER_IDENTITY
from tests.lab.mdm.device import Channel, Device

Fetch = Callable[[str], Mapping[str, str] | None]
"""Takes a DataURL, returns the credential that lies there, None if there is none."""


@dataclass(slots=True)
class DeclarativeClient:
    """What one device has by declaration; give its `sync` to `Device.declarative`."""

    fetch: Fetch
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)

    def sync(self, device: Device, channel: Channel) -> None:
        """Fetch every declaration, apply what is activated, and report."""
        manifest = json.loads(device.check_in_declarative(channel, "declaration-items"))["Declarations"]
        found: dict[str, dict[str, Any]] = {}
        for kind, items in manifest.items():
            for item in items:
                endpoint = f"declaration/{kind.lower().rstrip('s')}/{item['Identifier']}"
                found[item["Identifier"]] = json.loads(device.check_in_declarative(channel, endpoint))
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
        device.check_in_declarative(channel, "status", json.dumps(self._report(found, states, subscribed)).encode())

    def lose(self, declaration: str, device: Device, channel: Channel) -> None:
        """Lose an account, as when a person deletes it, and report that."""
        gone = self.accounts.pop(declaration)
        removed = [{"identifier": gone["identifier"], "_removed": True}]
        status = {
            "StatusItems": {"account": {"list": {"mail": {"incoming": removed, "outgoing": removed}}}},
            "Errors": [],
        }
        device.check_in_declarative(channel, "status", json.dumps(status).encode())

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
        return self.fetch(asset["Payload"]["Reference"]["DataURL"])

    def _apply(self, found: Mapping[str, Any], states: Mapping[str, tuple[bool, str]]) -> None:
        self.accounts = {}
        for name, (is_active, _) in states.items():
            if found[name]["Type"] == ACCOUNT_MAIL and is_active:
                payload = found[name]["Payload"]
                incoming, outgoing = payload["IncomingServer"], payload["OutgoingServer"]
                self.accounts[name] = {
                    "identifier": f"account of {name}",
                    "incoming": (incoming, self._login(incoming, found)),
                    "outgoing": (outgoing, self._login(outgoing, found)),
                }

    def _report(
        self, found: Mapping[str, Any], states: Mapping[str, tuple[bool, str]], subscribed: set[str]
    ) -> dict[str, Any]:
        declarations: dict[str, list[dict[str, Any]]] = {}
        for name, (is_active, valid) in states.items():
            kind = found[name]["Type"].split(".")[2]
            kind = kind if kind == "management" else f"{kind}s"
            item = {"identifier": name, "active": is_active, "valid": valid, "server-token": self.tokens[name]}
            if valid == "invalid":
                item["reasons"] = [{"code": "Error.MissingReference", "description": "An asset cannot be resolved."}]
            declarations.setdefault(kind, []).append(item)
        items: dict[str, Any] = {"management": {"declarations": declarations}}
        mail = {
            direction: self._listed(direction)
            for direction in ("incoming", "outgoing")
            if f"account.list.mail.{direction}" in subscribed
        }
        if mail:
            items["account"] = {"list": {"mail": mail}}
        return {"StatusItems": items, "Errors": []}

    def _listed(self, direction: str) -> list[dict[str, Any]]:
        now = {account["identifier"] for account in self.accounts.values()}
        items = [{"identifier": gone, "_removed": True} for gone in sorted(self.reported - now)]
        for name, account in self.accounts.items():
            server, login = account[direction]
            item = {"identifier": account["identifier"], "declaration-identifier": name, "hostname": server["HostName"]}
            items.append(item | {"port": server["Port"], "username": login.get("UserName", "")})
        if direction == "outgoing":
            self.reported = now
        return items
