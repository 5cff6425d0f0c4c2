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

_ISSUED_ADOPTION = """
CREATE TABLE issued_adoption (
    issued_id INTEGER PRIMARY KEY REFERENCES issued (id),
    payloads  TEXT NOT NULL -- JSON: payload type, account, identifier and UUID of each payload taken over
)
"""

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

_EVIDENCE = """
CREATE TABLE evidence (
    id                INTEGER PRIMARY KEY,
    incoming_protocol TEXT NOT NULL,
    incoming_host     TEXT,
    incoming_port     INTEGER,
    incoming_security TEXT,
    incoming_auth     TEXT,
    incoming_username TEXT NOT NULL, -- its form, never the name itself
    outgoing_protocol TEXT NOT NULL,
    outgoing_host     TEXT,
    outgoing_port     INTEGER,
    outgoing_security TEXT,
    outgoing_auth     TEXT,
    outgoing_username TEXT NOT NULL,
    level             INTEGER NOT NULL,
    level_asked       INTEGER NOT NULL,
    tested_at         INTEGER NOT NULL, -- microseconds since 1970, UTC
    canary            TEXT              -- domain of the canary whose mailbox it was
)
"""

_EVIDENCE_FAILURE = """
CREATE TABLE evidence_failure (
    evidence_id INTEGER NOT NULL REFERENCES evidence (id),
    position    INTEGER NOT NULL,
    "check"     TEXT NOT NULL,
    cause       TEXT,
    PRIMARY KEY (evidence_id, position)
) WITHOUT ROWID
"""

_EVIDENCE_BY_OUTGOING = "CREATE INDEX evidence_by_outgoing ON evidence (outgoing_host, outgoing_port, tested_at)"
_EVIDENCE_BY_INCOMING = "CREATE INDEX evidence_by_incoming ON evidence (incoming_host, incoming_port, tested_at)"
_EVIDENCE_BY_CANARY = "CREATE INDEX evidence_by_canary ON evidence (canary) WHERE canary IS NOT NULL"

_ALLOWED_UNVERIFIED = """
CREATE TABLE allowed_unverified (
    id         INTEGER PRIMARY KEY,
    account    TEXT NOT NULL, -- Address.account
    reason     TEXT NOT NULL,
    level      INTEGER NOT NULL,
    allowed_at INTEGER NOT NULL -- microseconds since 1970, UTC
)
"""

_CANARY = """
CREATE TABLE canary (
    domain   TEXT PRIMARY KEY, -- A-label form
    address  TEXT NOT NULL,
    settings TEXT,             -- JSON without secrets; NULL: looked up whenever it runs
    added_at TEXT NOT NULL     -- ISO 8601, UTC
) WITHOUT ROWID
"""

_SENDING = """
CREATE TABLE sending (
    id         INTEGER PRIMARY KEY,
    person     TEXT NOT NULL,
    name       TEXT,
    accounts   TEXT NOT NULL,    -- JSON: list of Address.account
    identifier TEXT NOT NULL,
    revision   TEXT NOT NULL,
    channel    TEXT NOT NULL,
    recipient  TEXT,
    token      TEXT NOT NULL,
    state      TEXT NOT NULL,
    detail     TEXT NOT NULL,
    at         INTEGER NOT NULL  -- microseconds since 1970, UTC
)
"""

_SENDING_BY_PERSON = "CREATE INDEX sending_by_person ON sending (person, channel, revision)"
_SENDING_BY_TOKEN = "CREATE INDEX sending_by_token ON sending (token)"  # noqa: S105 - an index

_DEVICE_PROOF = """
CREATE TABLE device_proof (
    id      INTEGER PRIMARY KEY,
    person  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    seen_at INTEGER NOT NULL, -- microseconds since 1970, UTC
    detail  TEXT NOT NULL,
    UNIQUE (person, kind, seen_at, detail)
)
"""

_REHEARSAL = """
CREATE TABLE rehearsal (
    id      INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    digest  TEXT NOT NULL,   -- SHA-256 of what decides what one person gets
    at      INTEGER NOT NULL -- microseconds since 1970, UTC
)
"""

_REHEARSAL_BY_TIME = "CREATE INDEX rehearsal_by_time ON rehearsal (channel, at)"

_CHECK_MARK = """
CREATE TABLE check_mark (
    mailbox      TEXT NOT NULL,
    folder       TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    last_uid     INTEGER NOT NULL,
    since        TEXT NOT NULL, -- ISO 8601 date
    PRIMARY KEY (mailbox, folder)
) WITHOUT ROWID
"""

_CHECK_MAIL = """
CREATE TABLE check_mail (
    token       TEXT NOT NULL,
    sender      TEXT NOT NULL,    -- Address.account, empty: not exactly one
    received_at INTEGER NOT NULL, -- microseconds since 1970, UTC
    program     TEXT NOT NULL,
    verdict     TEXT NOT NULL,
    PRIMARY KEY (token, sender, received_at)
) WITHOUT ROWID
"""


def _forbid(action: str, table: str, log: str = "the issue log") -> str:
    return f"""
    CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
    BEGIN SELECT RAISE(ABORT, '{log} is append-only'); END
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
    (
        _EVIDENCE,
        _EVIDENCE_FAILURE,
        _EVIDENCE_BY_OUTGOING,
        _EVIDENCE_BY_INCOMING,
        _EVIDENCE_BY_CANARY,
        _ALLOWED_UNVERIFIED,
        *(
            _forbid(action, table, "the evidence log")
            for action in ("UPDATE", "DELETE")
            for table in ("evidence", "evidence_failure", "allowed_unverified")
        ),
        _CANARY,
    ),
    (_ISSUED_ADOPTION, *(_forbid(action, "issued_adoption") for action in ("UPDATE", "DELETE"))),
    (
        _SENDING,
        _SENDING_BY_PERSON,
        _SENDING_BY_TOKEN,
        _DEVICE_PROOF,
        _REHEARSAL,
        _REHEARSAL_BY_TIME,
        *(
            _forbid(action, table, "the log of deliveries")
            for action in ("UPDATE", "DELETE")
            for table in ("sending", "device_proof", "rehearsal")
        ),
    ),
    (_CHECK_MARK, _CHECK_MAIL),
)
"""The statements that lead from each version of the file to the next; the version is SQLite's `user_version`."""
