"""The fields of a JSON object from outside, each read as the one type it must have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from profilegen.address import Address, shorten
from profilegen.errors import AddressProblem, SettingsProblem, TextProblem
from profilegen.settings.text import require_usable

EnumT = TypeVar("EnumT", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """
    One JSON object of the settings of `owner`; `path` leads to it ("incoming.", "" at the top).

    Every reader returns None or nothing where the field is absent or null, and raises SettingsProblem that
    names the owner and the field for a value of another type.
    """

    owner: str
    path: str
    values: Mapping[str, object]

    def text(self, key: str) -> str | None:
        """Return a non-empty text of one line."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.problem(key, f"is {_kind(value)}, not a text")
        return self._usable(key, value)

    def prose(self, key: str) -> str | None:
        """Return a text that may have been written over several lines, as one line."""
        value = self.values.get(key)
        return self._usable(key, " ".join(value.split())) if isinstance(value, str) else self.text(key)

    def integer(self, key: str) -> int | None:
        """Return a whole number; true, 587.0 and "587" are none."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.problem(key, f"is {_kind(value)}, not a whole number")
        return value

    def choice(self, key: str, choices: type[EnumT]) -> EnumT | None:
        """Return the member of an enumeration with this value."""
        value = self.text(key)
        if value is None:
            return None
        try:
            return choices(value)
        except ValueError:
            known = ", ".join(choices)
            raise self.problem(key, f'is "{shorten(value)}"; it must be one of {known}') from None

    def address(self, key: str) -> Address | None:
        """Return a mail address."""
        value = self.text(key)
        if value is None:
            return None
        try:
            return Address.parse(value)
        except AddressProblem as problem:
            raise self.problem(key, f"cannot be used: {problem.message.rstrip('.')}") from None

    def choices(self, key: str, choices: type[EnumT]) -> tuple[EnumT, ...]:
        """Return the members of an enumeration an array names."""
        elements = self._elements(key)
        return tuple(choice for place in elements.values if (choice := elements.choice(place, choices)))

    def addresses(self, key: str) -> tuple[Address, ...]:
        """Return the mail addresses in an array."""
        elements = self._elements(key)
        return tuple(address for place in elements.values if (address := elements.address(place)))

    def objects(self, key: str) -> "Iterator[Fields]":
        """Yield the fields of every object in an array."""
        elements = self._elements(key)
        for place in elements.values:
            inner = elements.inner(place)
            if inner is not None:
                yield inner

    def inner(self, key: str) -> "Fields | None":
        """Return the fields of an object inside this one."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.problem(key, f"is {_kind(value)}, not an object")
        return Fields(owner=self.owner, path=f"{self.path}{key}.", values=value)

    def problem(self, key: str, reason: str) -> SettingsProblem:
        """Return the error that says what is wrong with a field of whose settings."""
        return SettingsProblem(
            f'The settings of {self.owner} cannot be used: "{self.path}{key}" {reason}.',
            hint="Write what profilegen lookup prints.",
        )

    def _usable(self, key: str, value: str) -> str:
        if not value.strip():
            raise self.problem(key, "is empty")
        try:
            return require_usable("it", value)
        except TextProblem as problem:
            raise self.problem(key, f"cannot be used: {problem.message.rstrip('.')}") from None

    def _elements(self, key: str) -> "Fields":
        value = self.values.get(key)
        if value is None:
            value = []
        if not isinstance(value, list):
            raise self.problem(key, f"is {_kind(value)}, not an array")
        places = {f"[{place}]": element for place, element in enumerate(value)}
        elements = Fields(owner=self.owner, path=f"{self.path}{key}", values=places)
        for place, element in places.items():
            if element is None:
                raise elements.problem(place, "is null")
        return elements


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return f'the text "{shorten(value)}"'
    return str(value).lower() if isinstance(value, bool) else f"the number {value}"
