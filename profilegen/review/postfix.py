"""A Postfix on this machine, or what somebody saved of one: its configuration, its queue, its log."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from profilegen.diagnosis.maillog.queue import Waiting, read_postqueue
from profilegen.diagnosis.postconf import MOST_BYTES, PostfixSettings, read_postconf
from profilegen.errors import InputProblem
from profilegen.review.folders import is_file
from profilegen.review.logfiles import log_lines

_SECONDS = 60
_PATH = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin"
_LOGS = ("/var/log/mail.log", "/var/log/maillog", "/var/log/mail/mail.log")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixPlace:
    """
    Where to read: None is this machine's own Postfix, a folder one with a `main.cf` of its own, a file saved output.

    A folder without `main.cf` holds saved files: `postconf`, `postconf-P`, `postconf-M`, `postqueue` (the output of
    `postqueue -j`).
    """

    path: Path | None = None

    def settings(self) -> PostfixSettings:
        """Return the configuration; raises InputProblem if there is none to be had."""
        if self.path is not None and is_file(self.path):
            return _not_empty(read_postconf(_text(self.path)), self.path)
        if self._saved:
            names = ("postconf", "postconf-P", "postconf-M")
            return read_postconf(*(_text(self.path / name) if self.path else "" for name in names))
        return read_postconf(*(self._run("postconf", *options) for options in (("-x",), ("-x", "-P"), ("-M",))))

    def queue(self) -> Iterator[Waiting] | None:
        """Return what waits, None where a saved file says nothing of it; raises InputProblem."""
        if self.path is not None and is_file(self.path):
            return None
        if self._saved and self.path is not None:
            saved = self.path / "postqueue"
            return read_postqueue(log_lines([saved])) if is_file(saved) else None
        return self._live_queue()

    def log(self, settings: PostfixSettings) -> Path | None:
        """Return the current log file, None if there is none where it usually is."""
        if self.path is not None and not is_file(self.path) and is_file(self.path / "mail.log"):
            return self.path / "mail.log"
        named = settings.log_file if not self._saved else None
        candidates = [Path(name) for name in ((named,) if named else _LOGS)]
        return next((path for path in candidates if is_file(path)), None)

    @property
    def _saved(self) -> bool:
        return self.path is not None and not is_file(self.path / "main.cf") and is_file(self.path / "postconf")

    def _run(self, program: str, *options: str) -> str:
        try:
            done = subprocess.run(self._command(program, *options), capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603 - a fixed program, no shell
        except (OSError, subprocess.SubprocessError) as exc:
            reason = _last_line(exc.stderr) if isinstance(exc, subprocess.CalledProcessError) else str(exc)
            raise _no_postfix(f"{program} failed: {reason}") from exc
        return done.stdout[:MOST_BYTES].decode("utf-8", "replace")

    def _live_queue(self) -> Iterator[Waiting]:
        """Read the queue while it is printed: it may hold millions of messages."""
        process = subprocess.Popen(  # noqa: S603 - a fixed program, no shell
            self._command("postqueue", "-j"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            if process.stdout is not None:
                yield from read_postqueue(line.decode("utf-8", "replace") for line in process.stdout)
        finally:
            if process.stdout is not None:
                process.stdout.close()
            process.terminate()
            process.wait()

    def _command(self, program: str, *options: str) -> list[str]:
        found = shutil.which(program, path=_PATH)
        if found is None:
            raise _no_postfix(f"there is no {program} on this machine")
        return [found, *(("-c", str(self.path)) if self.path is not None else ()), *options]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise InputProblem(f"{path} cannot be read: {exc.strerror}.", hint="Check its permissions.") from exc


def _not_empty(settings: PostfixSettings, path: Path) -> PostfixSettings:
    """A file that sets nothing is the wrong one: it would be judged as a server where everything is left open."""
    if not settings.main:
        raise InputProblem(
            f"{path} sets nothing that Postfix knows.",
            hint="Name a main.cf, or the saved output of postconf.",
            code="no_postfix",
        )
    return settings


def _last_line(output: bytes | None) -> str:
    lines = (output or b"").decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "no reason given"


def _no_postfix(reason: str) -> InputProblem:
    hint = "Run this on the mail server, or save `postconf`, `postconf -P`, `postconf -M` there and name the folder."
    return InputProblem(f"Postfix cannot be asked: {reason}.", hint=hint, code="no_postfix")
