"""AirDrop: one person after another in the share sheet, and a folder to work through where there is none."""

import asyncio
import re
import sys
import types
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from profilegen.delivery.airdrop import AirDropChannel, Shared
from profilegen.delivery.files import FileDrop
from profilegen.delivery.handout import Handout
from profilegen.delivery.share_sheet import MacShareSheet, share_sheet
from profilegen.errors import MachineProblem, OutputProblem
from profilegen.ports.sending import DeliveryState
from tests.delivery.people import BRAND, TEMPLATES, bring, files, parcel


@dataclass
class FakeSheet:
    """A share sheet in which nobody has to click; it ends as it is told to."""

    ends: list[Shared]
    shown: list[tuple[Path, bytes]] = field(default_factory=list)

    async def share(self, path: Path) -> Shared:
        self.shown.append((path, path.read_bytes()))  # noqa: ASYNC240 - a fake that does nothing else
        return self.ends.pop(0)


def channel(root: Path, share: FakeSheet | None = None, told: list[str] | None = None) -> AirDropChannel:
    return AirDropChannel(
        root=root,
        drop=FileDrop(),
        handout=Handout(templates=TEMPLATES),
        brand=BRAND,
        share=share,
        announce=(told if told is not None else []).append,
    )


def test_without_a_share_sheet_everybody_has_a_file_and_a_line_on_the_checklist(tmp_path: Path) -> None:
    told = bring(channel(tmp_path), [parcel(1), parcel(2, name="Jürgen Groß"), parcel(3, name=None)])
    assert files(tmp_path) == [
        "checklist.html",
        "checklist.txt",
        "person1@example.com_Jane-Doe.mobileconfig",
        "person2@example.com_Jurgen-Gross.mobileconfig",
        "person3@example.com.mobileconfig",
    ]
    assert [one.state for one in told] == [DeliveryState.DELIVERED] * 3
    assert "to be sent by AirDrop" in told[0].detail
    text = (tmp_path / "checklist.txt").read_text()
    assert re.findall(r"^\[ \] (.+)$", text, re.MULTILINE) == ["Jane Doe", "Jürgen Groß", "person3@example.com"]
    page = (tmp_path / "checklist.html").read_text()
    for name in files(tmp_path)[2:]:
        assert name in text
        assert name in page
    assert "8 minutes" in text


def test_the_checklist_covers_all_runs_and_speaks_the_operators_language(tmp_path: Path) -> None:
    bring(channel(tmp_path), [parcel(1, name="Zed")])
    second = channel(tmp_path)
    second.brand = replace(BRAND, language="de")
    bring(second, [parcel(2, name="Abe")])
    text = (tmp_path / "checklist.txt").read_text()
    assert text.startswith("AirDrop, eine Person nach der anderen")
    assert text.index("Abe") < text.index("Zed")


def test_on_a_mac_one_person_after_another_is_announced_and_offered(tmp_path: Path) -> None:
    sheet, told = FakeSheet(ends=[Shared(problem=None), Shared(problem=None)]), list[str]()
    states = [one.state for one in bring(channel(tmp_path, sheet, told), [parcel(1), parcel(2, data=b"two")])]
    assert states == [DeliveryState.DELIVERED] * 2
    assert [(path.name, data) for path, data in sheet.shown] == [
        ("person1@example.com_Jane-Doe.mobileconfig", b"signed profile"),
        ("person2@example.com_Jane-Doe.mobileconfig", b"two"),
    ]
    assert all(path.is_absolute() for path, _ in sheet.shown)
    assert told[0].startswith("Jane Doe: person1@example.com")


def test_a_closed_sheet_is_a_failure_of_this_person_alone(tmp_path: Path) -> None:
    sheet = FakeSheet(ends=[Shared(problem="the sheet was closed without sending"), Shared(problem=None)])
    told = bring(channel(tmp_path, sheet), [parcel(1), parcel(2)])
    assert [one.state for one in told] == [DeliveryState.FAILED, DeliveryState.DELIVERED]
    assert "closed" in told[0].detail


def test_a_full_disk_leaves_neither_a_file_nor_a_checklist(small_disk: Path) -> None:
    full = channel(small_disk)

    async def run() -> None:
        try:
            await full.deliver(parcel(1, data=b"x" * 200_000))
        finally:
            assert await full.close() == ()

    with pytest.raises(OutputProblem) as caught:
        asyncio.run(run())
    assert caught.value.code == "disk_full"
    assert files(small_disk) == []


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac may have one")
def test_elsewhere_than_on_a_mac_there_is_no_share_sheet() -> None:
    assert share_sheet() is None


# --- the thin part for the Mac, against a fake AppKit written from Apple's documentation -----------------------


class FakeError:
    def __init__(self, code: int, words: str) -> None:
        self._code, self._words = code, words

    def code(self) -> int:
        return self._code

    def localizedDescription(self) -> str:  # noqa: N802 - Apple's name
        return self._words


class FakeAppKit:
    """As much of AppKit as the share sheet needs; `end` is what becomes of the item, None: it was sent."""

    def __init__(self, *, end: FakeError | None = None, available: bool = True, slices: int = 3) -> None:
        self.performed: list[str] = []
        self.pumped = 0
        self._end, self._available, self._slices = end, available, slices
        self._delegate: Any = None
        self.NSEventMaskAny, self.NSDefaultRunLoopMode, self.NSApplicationActivationPolicyAccessory = 1, "mode", 1
        self.NSObject = type("NSObject", (), {"alloc": classmethod(lambda cls: cls()), "init": lambda own: own})
        self.NSURL = types.SimpleNamespace(fileURLWithPath_=lambda path: path)
        self.NSDate = types.SimpleNamespace(dateWithTimeIntervalSinceNow_=lambda seconds: seconds)
        self.NSApplication = types.SimpleNamespace(sharedApplication=lambda: self)
        self.NSSharingService = types.SimpleNamespace(sharingServiceNamed_=self._service)

    def _service(self, name: str) -> Any:
        assert name == "com.apple.share.AirDrop.send"
        return types.SimpleNamespace(
            canPerformWithItems_=lambda _items: self._available,
            setDelegate_=lambda delegate: setattr(self, "_delegate", delegate),
            performWithItems_=self.performed.extend,
        )

    def setActivationPolicy_(self, policy: int) -> None: ...  # noqa: N802 - Apple's name

    def finishLaunching(self) -> None: ...  # noqa: N802 - Apple's name

    def activateIgnoringOtherApps_(self, flag: bool) -> None: ...  # noqa: N802 - Apple's name

    def sendEvent_(self, event: str) -> None:  # noqa: N802 - Apple's name
        assert event == "event"

    def nextEventMatchingMask_untilDate_inMode_dequeue_(self, *_: object) -> str | None:  # noqa: N802 - Apple's name
        self.pumped += 1
        if self.pumped < self._slices:
            return "event"
        if self._end is None:
            self._delegate.sharingService_didShareItems_(None, self.performed)
        else:
            self._delegate.sharingService_didFailToShareItems_error_(None, self.performed, self._end)
        return None


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (None, None),
        (FakeError(3072, "cancelled"), "the sheet was closed without sending"),
        (FakeError(1, "The other device went away."), "The other device went away."),
    ],
)
def test_the_sheet_waits_for_its_end_and_says_how_it_ended(end: FakeError | None, problem: str | None) -> None:
    appkit = FakeAppKit(end=end)
    assert asyncio.run(MacShareSheet(appkit=appkit).share(Path("/tmp/x"))) == Shared(problem=problem)
    assert appkit.performed == [str(Path("/tmp/x"))]
    assert appkit.pumped == 3


def test_a_mac_without_airdrop_ends_the_run() -> None:
    with pytest.raises(MachineProblem) as caught:
        asyncio.run(MacShareSheet(appkit=FakeAppKit(available=False)).share(Path("/tmp/x")))
    assert caught.value.code == "no_airdrop"
