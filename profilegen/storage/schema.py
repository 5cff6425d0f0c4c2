"""The tables of the state file, one entry per version; entries are only ever appended."""

_ISSUED = """
CREATE TABLE issued (
    id                 INTEGER PRIMARY KEY,
    identifier         TEXT NOT NULL,
    uuid               TEXT NOT NULL,
    revision           TEXT NOT NULL,
    sha256             TEXT NOT NULL,
    signer_spki_sha256 TEXT,
    issued_at          TEXT NOT NULL, -- ISO 8601, UTC
    level              INTEGER,
    allowed_because    TEXT
)
"""

_ISSUED_ACCOUNT = """
CREATE TABLE issued_account (
    account   TEXT NOT NULL, -- Address.account
    issued_id INTEGER NOT NULL REFERENCES issued (id),
    position  INTEGER NOT NULL,
    PRIMARY KEY (account, issued_id)
) WITHOUT ROWID
"""

_ISSUED_ACCOUNT_BY_ISSUE = "CREATE INDEX issued_account_by_issue ON issued_account (issued_id, position)"

_LOGIN_FAILURE = """
CREATE TABLE login_failure (
    id        INTEGER PRIMARY KEY,
    host      TEXT NOT NULL,
    port      INTEGER NOT NULL,
    username  TEXT NOT NULL,
    booked_at INTEGER NOT NULL -- microseconds since 1970, UTC
)
"""

_LOGIN_FAILURE_BY_LOGIN = "CREATE INDEX login_failure_by_login ON login_failure (host, port, username, booked_at)"


_ANSWER = """
CREATE TABLE answer (
    domain     TEXT NOT NULL,
    question   TEXT NOT NULL,    -- SHA-256 of everything the answer depends on
    resolution TEXT NOT NULL,    -- JSON
    kept_at    INTEGER NOT NULL, -- seconds since 1970, UTC
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (domain, question)
) WITHOUT ROWID
"""

_ANSWER_BY_EXPIRY = "CREATE INDEX answer_by_expiry ON answer (expires_at)"

_TRUSTED_PROVIDER = """
CREATE TABLE trusted_provider (
    mail_domain     TEXT NOT NULL, -- A-label form
    provider_domain TEXT NOT NULL, -- registrable, A-label form
    confirmed_at    TEXT NOT NULL, -- ISO 8601, UTC
    PRIMARY KEY (mail_domain, provider_domain)
) WITHOUT ROWID
"""


def _forbid(action: str, table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
    BEGIN SELECT RAISE(ABORT, 'the issue log is append-only'); END
    """


MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        _ISSUED,
        _ISSUED_ACCOUNT,
        _ISSUED_ACCOUNT_BY_ISSUE,
        *(_forbid(action, table) for action in ("UPDATE", "DELETE") for table in ("issued", "issued_account")),
        _LOGIN_FAILURE,
        _LOGIN_FAILURE_BY_LOGIN,
    ),
    (_ANSWER, _ANSWER_BY_EXPIRY),
    (_TRUSTED_PROVIDER,),
)
"""The statements that lead from each version of the file to the next; the version is SQLite's `user_version`."""
