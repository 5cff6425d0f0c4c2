"""Lines as Settings and Mail show them, pasted or typed off a screen, as words by key."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

from profilegen.diagnosis.doctor.current import KEYS, auth_of, canonical, is_switch, pair
from profilegen.diagnosis.doctor.labels import EMPTY, LABELS, OFF, ON, SECTIONS
from profilegen.errors import UsageProblem

_LARGEST = 64 * 1024
_MOST_LINES = 400

_BY_LENGTH = sorted((*SECTIONS, *LABELS), key=len, reverse=True)
_ACCOUNT = frozenset({"email", "mail"})
_SWITCHES = frozenset({"use_ssl", "on", "only_this_server", "mail"})


@dataclass(slots=True, kw_only=True)  # filled in line by line
class _Reader:
    section: str = "outgoing"
    waiting: str | None = None
    words: dict[str, str] = field(default_factory=dict)

    def take(self, line: str) -> None:
        label, value = _split(line)
        if label is None:
            self._continue(line)
        elif label in SECTIONS and not is_switch(value):
            self._enter(SECTIONS[label], value)
        else:
            self._field("on" if label in SECTIONS else LABELS[label], value)

    def _enter(self, section: str, value: str) -> None:
        self.section, self.waiting = section, None
        if value:
            self._continue(value)

    def _field(self, name: str, value: str) -> None:
        self.waiting = None if value else name
        if value:
            self._put(name, value)

    def _continue(self, line: str) -> None:
        """A line without a label is the value of the one before, or a row of the list of servers: "smtp.a.com On"."""
        if self.waiting is not None:
            name, self.waiting = self.waiting, None
            self._put(name, line)
            return
        host, switch = _with_switch(line)
        if "." in host and " " not in host.strip():
            self._server_row(host.strip(), switch)

    def _server_row(self, host: str, switch: str) -> None:
        if self.section == "incoming":
            self.words.setdefault("incoming.host", host)
        elif self.section == "others":
            if switch.casefold() in ON and self.words.get("outgoing.on", "").casefold() in OFF:
                self.words["outgoing.primary"] = host
        else:
            self.words.setdefault("outgoing.primary", host)
            self.words.setdefault("outgoing.host", host)
            if switch:
                self.words.setdefault("outgoing.on", switch)

    def _put(self, name: str, value: str) -> None:
        if name == "email" and is_switch(value):  # some languages call the account's switch by the same word
            name = "mail"
        if name in _SWITCHES and not is_switch(value):
            if name == "on" and "." in value:
                self._server_row(value, "")
            return
        if (name == "authentication" and auth_of(value) is None) or (name == "port" and not value.isdigit()):
            return
        if name == "password":  # only whether there is one; the text itself goes no further
            value = "empty" if value.casefold() in EMPTY else "set"
        if name == "primary":
            self._server_row(value.partition(" ")[0], "")
            return
        part = "account" if name in _ACCOUNT else ("incoming" if self.section == "incoming" else "outgoing")
        key = f"{part}.{name}"
        if key in KEYS:
            self.words.setdefault(key, value)


def words_of(text: str) -> Mapping[str, str]:
    """
    Return the words by key in a text: a JSON object, lines KEY=VALUE, or lines as Settings shows them.

    Of pasted lines what means nothing is passed over, and a password is read as "there is one". Raises UsageProblem
    `bad_current` for keys nobody knows and for a text in which nothing is about a mail account.
    """
    text = normalize("NFKC", text[:_LARGEST]).replace("\u2019", "'").removeprefix("\ufeff").strip()
    if text.startswith("{"):
        return _some(dict(_from_json(text)))
    lines = [line.strip() for line in text.splitlines()[:_MOST_LINES] if line.strip()]
    if lines and all(line.partition("=")[0].strip().casefold().startswith(_PARTS) and "=" in line for line in lines):
        return dict(map(pair, lines))
    reader = _Reader()
    for line in lines:
        reader.take(" ".join(line.split()))
    return _some(reader.words)


def _some(words: Mapping[str, str]) -> Mapping[str, str]:
    if not words:
        raise UsageProblem(
            "Nothing in this is about a mail account on a device.",
            hint='Write lines as Settings shows them ("Server Port 25"), or outgoing.port=25.',
            code="bad_current",
        )
    return words


_PARTS = ("outgoing.", "incoming.", "account.")


def _split(line: str) -> tuple[str | None, str]:
    folded = line.casefold()
    for label in _BY_LENGTH:
        rest = line[len(label) :]
        if folded.startswith(label) and (not rest or rest[0] in " :\t"):
            return label, rest.strip(" :\t")
    return None, line


def _with_switch(line: str) -> tuple[str, str]:
    """Return a row of the list of servers and the switch at its end, "" if it shows none."""
    words = line.split(" ")
    for place in range(max(1, len(words) - 2), len(words)):  # some languages need two words for "off"
        switch = " ".join(words[place:])
        if is_switch(switch):
            return " ".join(words[:place]), switch
    return line, ""


def _from_json(text: str) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise UsageProblem(
            "This is no JSON.", hint="Write one object, or KEY=VALUE lines.", code="bad_current"
        ) from exc
    for part, fields in document.items():
        for name, value in fields.items() if isinstance(fields, dict) else ():
            key = canonical(f"{part}.{name}".casefold())
            if value is not None and key in KEYS:
                yield key, _json_word(key, value)


def _json_word(key: str, value: object) -> str:
    if key == "outgoing.password":
        return "set" if value else "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
