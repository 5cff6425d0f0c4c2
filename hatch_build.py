"""Compiles `providers/` into the wheel, so that an installed profilegen answers without reading any TOML."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's interface is generic over its own types
    """Adds `profilegen/_data/catalogue.idx` to the wheel; an editable install compiles on demand instead."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the index to a temporary folder and tell hatchling where it belongs."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from profilegen.catalogue.compile import compile_files
        finally:
            sys.path.remove(self.root)
        self._folder = tempfile.TemporaryDirectory()
        index = Path(self._folder.name) / "catalogue.idx"
        index.write_bytes(compile_files(sorted(Path(self.root, "providers").glob("*.toml"))))
        build_data["force_include"][str(index)] = "profilegen/_data/catalogue.idx"

    def finalize(self, *_: object) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            self._folder.cleanup()
