"""
The share sheet of macOS, through NSSharingService (AppKit, by pyobjc; extra `[macos]`).

Written from Apple's documentation of NSSharingService and NSSharingServiceDelegate, and untested on a Mac: everything
that decides anything is on the other side of `airdrop.ShareSheet`.
"""

import asyncio
import functools
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from profilegen.delivery.airdrop import Shared
from profilegen.errors import MachineProblem

_SERVICE = "com.apple.share.AirDrop.send"  # the value of NSSharingServiceNameSendViaAirDrop
_CANCELLED = 3072  # NSUserCancelledError
_SLICE = 0.1  # seconds the system's event loop runs before ours may, so that Ctrl-C is heard


def share_sheet() -> "MacShareSheet | None":
    """Return the share sheet of this Mac, None on another system or where the extra `[macos]` is not installed."""
    try:
        return MacShareSheet(appkit=importlib.import_module("AppKit"))
    except ImportError:
        return None


@dataclass(slots=True, kw_only=True)  # holds the application object of the process
class MacShareSheet:
    """An `airdrop.ShareSheet`; `appkit` is pyobjc's module AppKit."""

    appkit: Any
    _application: Any = field(init=False, default=None)

    async def share(self, path: Path) -> Shared:
        """Show the sheet for one file, an absolute path, and wait for its end; raises MachineProblem `no_airdrop`."""
        appkit = self.appkit
        self._application = self._application or self._started()
        service = appkit.NSSharingService.sharingServiceNamed_(_SERVICE)
        items = [appkit.NSURL.fileURLWithPath_(str(path))]
        if service is None or not service.canPerformWithItems_(items):
            raise MachineProblem(
                "This Mac offers no AirDrop: Wi-Fi or Bluetooth is off, or a policy forbids it.",
                hint="Turn both on, open AirDrop in the Finder once, and run the command again.",
                code="no_airdrop",
            )
        delegate = _delegate_class(appkit).alloc().init()
        service.setDelegate_(delegate)
        service.performWithItems_(items)
        while delegate.ended is None:
            self._pump()
            await asyncio.sleep(0)
        return delegate.ended  # type: ignore[no-any-return] # an Objective-C object's attribute

    def _started(self) -> Any:
        application = self.appkit.NSApplication.sharedApplication()
        application.setActivationPolicy_(self.appkit.NSApplicationActivationPolicyAccessory)
        application.finishLaunching()
        application.activateIgnoringOtherApps_(True)  # noqa: FBT003 - Apple's method has one positional flag
        return application

    def _pump(self) -> None:
        appkit = self.appkit
        until = appkit.NSDate.dateWithTimeIntervalSinceNow_(_SLICE)
        event = self._application.nextEventMatchingMask_untilDate_inMode_dequeue_(
            appkit.NSEventMaskAny,
            until,
            appkit.NSDefaultRunLoopMode,
            True,  # noqa: FBT003 - Apple's method
        )
        if event is not None:
            self._application.sendEvent_(event)


@functools.cache  # Objective-C knows classes by name and takes each name once in a process
def _delegate_class(appkit: Any) -> Any:
    class ProfilegenShareDelegate(appkit.NSObject):  # type: ignore[misc] # Objective-C's root class is untyped
        """Implements NSSharingServiceDelegate."""

        ended: Shared | None = None

        def sharingService_didShareItems_(self, _service: Any, _items: Any) -> None:  # noqa: N802 - Apple's name
            self.ended = Shared(problem=None)

        def sharingService_didFailToShareItems_error_(  # noqa: N802 - Apple's name
            self, _service: Any, _items: Any, error: Any
        ) -> None:
            closed = error is not None and error.code() == _CANCELLED
            why = "the sheet was closed without sending" if closed else _words(error)
            self.ended = Shared(problem=why)

    return ProfilegenShareDelegate


def _words(error: Any) -> str:
    return "no reason was given" if error is None else str(error.localizedDescription())
