"""
The provider file as pydantic models: what `profilegen providers check` and the importers hold a file against.

Looking up never imports this module. The keys are explained in docs/providers.md.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from profilegen.settings.candidates import AccountPayload
from profilegen.settings.servers import Auth, Security

Text = Annotated[str, Field(strict=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""One line of text."""

Url = Annotated[str, Field(strict=True, max_length=300, pattern=r"^https://[^\s\"<>]+$")]
"""A page people can open."""

Code = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]{1,39}$")]
"""A stable slug."""


class Kind(StrEnum):
    """What a provider is: it keeps mailboxes, or it sends for other people's domains."""

    MAILBOX = "mailbox"
    RELAY = "relay"


class Standing(StrEnum):
    """The statuses a provider can have; a part of `profilegen.settings.candidates.Status`."""

    OK = "ok"
    APP_PASSWORD = "app_password"  # noqa: S105 - a status
    OAUTH_ONLY = "oauth_only"
    NO_IMAP = "no_imap"
    SEND_ONLY = "send_only"
    DEAD = "dead"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerEntry(_Table):
    """One server; `host` and `username` may hold placeholders, a relay may leave `username` to the customer."""

    host: Text
    port: Annotated[StrictInt, Field(ge=1, le=65535)]
    security: Security
    auth: Annotated[list[Literal[Auth.PASSWORD, Auth.CRAM_MD5, Auth.NTLM, Auth.OAUTH2]], Field(min_length=1)]
    username: Text | None = None


class NoticeEntry(_Table):
    """Something the person must know or do."""

    code: Code
    text: Text
    url: Url | None = None


class ChoiceEntry(_Table):
    """What was chosen where sources contradict each other, and why."""

    field: Text
    chosen: Text
    instead_of: Text
    reason: Text


class SourceEntry(_Table):
    """Where facts come from; `date` is the source's own, as exact as it is known."""

    name: Text
    entry: Text | None = None
    commit: Text | None = None
    date: Annotated[str, Field(strict=True, pattern=r"^\d{4}(-\d\d){0,2}$")] | None = None


class ProviderFile(_Table):
    """One file of `providers/`."""

    id: Annotated[str, Field(strict=True, max_length=64, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
    name: Text
    kind: Kind = Kind.MAILBOX
    status: Standing
    payload: AccountPayload | None = None
    incomplete: StrictBool = False
    own_domains: StrictBool = False
    support: Url | None = None
    status_page: Url | None = None
    max_size: Annotated[StrictInt, Field(gt=0)] | None = None
    max_per_day: Annotated[StrictInt, Field(gt=0)] | None = None
    spf: Text | None = None
    checked: Annotated[date, Field(strict=True)]
    domains: tuple[Text, ...] = ()
    mx: tuple[Text, ...] = ()
    mx_except: tuple[Text, ...] = ()
    imap: tuple[ServerEntry, ...] = ()
    pop: tuple[ServerEntry, ...] = ()
    smtp: tuple[ServerEntry, ...] = ()
    notices: tuple[NoticeEntry, ...] = ()
    choices: tuple[ChoiceEntry, ...] = ()
    sources: Annotated[list[SourceEntry], Field(min_length=1)]
