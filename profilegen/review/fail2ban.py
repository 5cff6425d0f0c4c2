"""Who is banned by fail2ban at this moment: its database, opened read only, or else its log."""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

DATABASE = Path("/var/lib/fail2ban/fail2ban.sqlite3")
LOG = Path("/var/log/fail2ban.log")

_BAN = re.compile(
    r"\[(?P<jail>[\w.@-]{1,80})\] (?:(?:Restore )?(?P<what>Ban|Unban)) (?P<client>[0-9A-Fa-f.:]{2,45})\s*$"
)
_NOW = "SELECT ip, jail FROM bips WHERE bantime < 0 OR timeofban + bantime > ? LIMIT 100000"  # since fail2ban 0.11


def banned_in_database(path: Path, now: datetime) -> dict[str, str] | None:
    """Return client address -> jail, None if the database cannot be read or is of another kind."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=2)) as base:
            rows = base.execute(_NOW, (int(now.timestamp()),)).fetchall()
    except sqlite3.Error:
        return None
    return {str(client): str(jail) for client, jail in rows}


def ban_of(line: str) -> tuple[str, str, bool] | None:
    """Return client, jail and whether a line of fail2ban's log bans (True) or lets go (False)."""
    match = _BAN.search(line[-300:])
    return None if match is None else (match["client"], match["jail"], match["what"] == "Ban")


def banned_in_log(lines: Iterable[str]) -> dict[str, str]:
    """Return client address -> jail of every ban that no later line has lifted."""
    banned: dict[str, str] = {}
    for line in lines:
        found = ban_of(line)
        if found is None:
            continue
        client, jail, is_ban = found
        if is_ban and len(banned) < 100_000:
            banned[client] = jail
        elif not is_ban:
            banned.pop(client, None)
    return banned
