"""What the operator uploads to a web server of their own: pages and profiles under paths nobody can guess."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from profilegen.address import a_label
from profilegen.delivery.qr import https_url, shown_url
from profilegen.errors import MachineProblem, UsageProblem

UPLOAD = "upload"
PROFILE_NAME = "mail.mobileconfig"
PAGE_NAME = "index.html"
SNIPPETS = {"nginx.conf": "nginx.j2", "Caddyfile": "caddy.j2", "apache.conf": "apache.j2"}
"""File beside the upload folder -> template that makes it."""

_PREFIX = re.compile(r"(?:/(?!\.)[A-Za-z0-9._~-]+)*")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """
    A place on the operator's web server.

    `origin` is "https://host" or "https://host:port", `prefix` the path below it without a slash at its end. What is to
    be uploaded mirrors the URLs: it goes into the document root as it is.
    """

    origin: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> "Hosting":
        """Read `--base-url`; raises UsageProblem `not_https` or `bad_url` (also for a query or unusual characters)."""
        parts = urlsplit(https_url(text))
        prefix = parts.path.rstrip("/")
        if parts.query or parts.fragment or not _PREFIX.fullmatch(prefix):
            raise UsageProblem(
                f'"{shown_url(text)}" cannot be used: a base URL has only a host and a plain path.',
                hint="Write it like https://profiles.example.com/mail.",
                code="bad_url",
            )
        port = "" if parts.port in (None, 443) else f":{parts.port}"
        return cls(origin=f"https://{a_label(parts.hostname or '')}{port}", prefix=prefix)

    @property
    def host(self) -> str:
        """The host, with its port if it is not the usual one."""
        return self.origin.removeprefix("https://")

    def page_url(self, token: str) -> str:
        """Return where a person's page is."""
        return f"{self.origin}{self.prefix}/{_checked(token)}/"

    def profile_url(self, token: str) -> str:
        """Return where a person's profile is."""
        return self.page_url(token) + PROFILE_NAME

    def folder(self, token: str) -> PurePosixPath:
        """Return the folder for a person's two files, relative to the output folder."""
        return PurePosixPath(UPLOAD, *self.prefix.split("/")[1:], _checked(token))

    def snippets(self, templates: Path) -> dict[str, bytes]:
        """Return the web-server snippets by file name; raises MachineProblem if a template is missing or broken."""
        return {name: self._snippet(templates / "webserver" / template) for name, template in SNIPPETS.items()}

    def _snippet(self, path: Path) -> bytes:
        from jinja2 import Environment, StrictUndefined, TemplateError

        world = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - no HTML
        values = {
            "host": self.host,
            "prefix": self.prefix,
            "pattern": self.prefix.replace(".", r"\."),
            "profile": PROFILE_NAME,
            "page": PAGE_NAME,
            "token": _TOKEN.pattern,
            "upload": UPLOAD,
        }
        try:
            return world.from_string(path.read_text("utf-8")).render(values).encode()
        except (OSError, UnicodeDecodeError, TemplateError) as exc:
            raise MachineProblem(
                f"{path} cannot be read: {exc}.", hint="Install profilegen again.", code="resources"
            ) from exc


def is_token(text: str) -> bool:
    """Return whether a text can be a part of an upload path that nobody guesses."""
    return _TOKEN.fullmatch(text) is not None


def _checked(token: str) -> str:
    if not is_token(token):
        raise ValueError("a token in a URL has 16 to 128 characters of base64url")
    return token
