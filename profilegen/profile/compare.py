"""Two profiles compared by what they do: signatures, order and consequences of a change are no difference."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from profilegen.profile.key_words import key_words
from profilegen.profile.masked import is_secret, masked
from profilegen.profile.summary import account_summary
from profilegen.secret import MASK

_REVISION = re.compile(r"\s*\bRevision [0-9a-f]{8}\.?")
_ADDED_INSTEAD = "A device installs it beside the old one instead of replacing it."
_MADE_ANEW = "A device makes this payload anew instead of updating it."
_CANNOT_SEE = "The payloads are encrypted, so what changed inside cannot be seen."


class Change(StrEnum):
    """What happened to a key or a payload."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    One difference that means something.

    `where` is "Mail you@example.com", or "" for the profile as a whole; `what` is the key in people's words; `path` is
    that of the new profile, of the old one for what was removed; `old` and `new` are JSON values, masked if `secret`.
    """

    where: str
    what: str
    path: str
    change: Change
    old: Any
    new: Any
    secret: bool = False
    effect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payload:
    keys: Mapping[str, Any]
    path: str

    @property
    def type(self) -> str:
        return str(self.keys.get("PayloadType"))

    @property
    def identifier(self) -> str:
        return str(self.keys.get("PayloadIdentifier"))

    @property
    def account(self) -> str:
        summary = account_summary(self.keys, self.path)
        return "" if summary is None else (summary.address or "").lower()

    @property
    def title(self) -> str:
        summary = account_summary(self.keys, self.path)
        if summary is not None:
            return f"{summary.kind} {summary.address or ''}".strip()
        return f"{self.type} {self.keys.get('PayloadDisplayName', '')}".strip()


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return every difference between two readable profiles: those of the whole first, then payload by payload."""
    found = [*_key_differences(_top(old), _top(new), ("", ""), "", {"PayloadIdentifier": _ADDED_INSTEAD})]
    before, after = _payloads(old), _payloads(new)
    for left, right in _pairs(before, after):
        effects = {"PayloadIdentifier": _MADE_ANEW, "PayloadUUID": _MADE_ANEW}
        found += _key_differences(left.keys, right.keys, (left.path, right.path), right.title, effects)
    found += [_whole(payload, Change.REMOVED) for payload in before]
    found += [_whole(payload, Change.ADDED) for payload in after]
    return tuple(found)


def _top(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of the profile itself without those that only follow from others: UUID and revision."""
    kept = {key: value for key, value in content.items() if key not in ("PayloadContent", "PayloadUUID")}
    if isinstance(description := kept.get("PayloadDescription"), str):
        kept["PayloadDescription"] = _REVISION.sub("", description)
    return kept


def _payloads(content: Mapping[str, Any]) -> list[_Payload]:
    payloads = content.get("PayloadContent")
    return [
        _Payload(keys=payload, path=f"PayloadContent[{index}]")
        for index, payload in enumerate(payloads if isinstance(payloads, list) else [])
        if isinstance(payload, Mapping)
    ]


def _pairs(before: list[_Payload], after: list[_Payload]) -> list[tuple[_Payload, _Payload]]:
    """Take payloads that belong together out of both lists: by identifier, by account, or as the only ones left."""
    pairs = list[tuple[_Payload, _Payload]]()
    signs: tuple[Callable[[_Payload], tuple[str, str]], ...] = (
        lambda payload: (payload.type, payload.identifier),
        lambda payload: (payload.type, payload.account),
    )
    for sign in signs:
        for left in list(before):
            right = next((payload for payload in after if sign(payload) == sign(left) and all(sign(left))), None)
            if right is not None:
                pairs.append(_take(before, after, left, right))
    for left in list(before):
        alike = [payload for payload in after if payload.type == left.type]
        if len(alike) == 1 and sum(payload.type == left.type for payload in before) == 1:
            pairs.append(_take(before, after, left, alike[0]))
    return sorted(pairs, key=lambda pair: pair[1].path)


def _take(before: list[_Payload], after: list[_Payload], left: _Payload, right: _Payload) -> tuple[_Payload, _Payload]:
    before.remove(left)
    after.remove(right)
    return left, right


def _key_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], paths: tuple[str, str], where: str, effects: Mapping[str, str]
) -> Iterator[Difference]:
    before, after = dict(_leaves(old, None)), dict(_leaves(new, None))
    for key in sorted(before.keys() | after.keys()):
        left, right = before.get(key, _MISSING), after.get(key, _MISSING)
        if left == right:
            continue
        change = Change.ADDED if left is _MISSING else Change.REMOVED if right is _MISSING else Change.CHANGED
        path = paths[0] if right is _MISSING else paths[1]
        encrypted = key == "EncryptedPayloadContent"
        yield Difference(
            where=where,
            what="encrypted payloads" if encrypted else key_words(key),
            path=f"{path}.{key}" if path else key,
            change=change,
            old=left.shown,
            new=right.shown,
            secret=left.secret or right.secret,
            effect=_CANNOT_SEE if encrypted and change is Change.CHANGED else effects.get(key),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """One value with its kind: 587, 587.0 and true are three different things to a device."""

    kind: str
    value: Any
    secret: bool = False

    @property
    def shown(self) -> Any:
        if self.kind == "missing":
            return None
        return MASK if self.secret else masked(self.value)


_MISSING = _Leaf(kind="missing", value=None)


def _leaves(tree: Mapping[str, Any], kind: object) -> Iterator[tuple[str, _Leaf]]:
    kind = tree.get("PayloadType", kind)
    for name, value in tree.items():
        key = str(name)  # a binary property list may have other keys than texts
        if is_secret(kind, key, value):
            yield key, _Leaf(kind=type(value).__name__, value=value, secret=True)
        else:
            yield from _below(key, value, kind)


def _below(path: str, value: Any, kind: object) -> Iterator[tuple[str, _Leaf]]:
    if isinstance(value, Mapping) and value:
        for key, leaf in _leaves(value, kind):
            yield f"{path}.{key}", leaf
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _below(f"{path}[{index}]", item, kind)
    else:
        yield path, _Leaf(kind=type(value).__name__, value=value)


def _whole(payload: _Payload, change: Change) -> Difference:
    shown = masked(payload.keys)
    return Difference(
        where=payload.title,
        what="payload",
        path=payload.path,
        change=change,
        old=shown if change is Change.REMOVED else None,
        new=shown if change is Change.ADDED else None,
    )
