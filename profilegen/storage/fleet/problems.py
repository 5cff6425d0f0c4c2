"""What a database says went wrong, in terms of what to do about it; no statement, value or password is repeated."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from profilegen.errors import ConfigProblem, MachineProblem, NetworkProblem, ProfilegenError
from profilegen.storage.state import SQLITE_CAUSES

_UNREACHABLE = ("08", "57P", "53300")
_REFUSED = ("28", "3D000", "42501")
_OVERTAKEN = ("40P01", "40001", "55P03")
"""Deadlock, serialization failure, lock not available: the transaction was undone, and may be tried again."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """
    Raise what a database did as errors of ours.

    MachineProblem: `disk_full`, `fleet_corrupt`, `fleet_unwritable`, `fleet_busy`, `fleet_unusable`; NetworkProblem:
    `database_unreachable`, `database_busy`; ConfigProblem: `database_refused`.
    """
    try:
        yield
    except DBAPIError as exc:
        raise _problem(place, exc.orig) from exc
    except sqlite3.Error as exc:
        raise _problem(place, exc) from exc
    except SQLAlchemyError as exc:
        raise _unusable(place) from exc
    except OSError as exc:
        raise MachineProblem(
            f"The fleet's memory {place} cannot be used: {exc.strerror}.",
            hint="Check the owner, the permissions and the free space of the home.",
            code="fleet_unwritable",
        ) from exc


def _problem(place: str, cause: BaseException | None) -> ProfilegenError:
    name = getattr(cause, "sqlite_errorname", None)
    if isinstance(name, str):
        return _sqlite_problem(place, name)
    if type(cause).__module__.partition(".")[0] == "psycopg":
        return _postgres_problem(place, cause)
    return _unusable(place)


def _sqlite_problem(place: str, name: str) -> ProfilegenError:
    cause = SQLITE_CAUSES.get("_".join(name.split("_")[:2]))
    if cause is None:
        return _unusable(place)
    code, reason, hint = cause
    message = f"The fleet's memory {place} cannot be used: {reason}."
    return MachineProblem(message, hint=hint, code=code.replace("state", "fleet"))


def _postgres_problem(place: str, cause: BaseException | None) -> ProfilegenError:
    from psycopg import InterfaceError, OperationalError

    state = getattr(cause, "sqlstate", None)
    if state is None:
        if not isinstance(cause, OperationalError | InterfaceError):
            return _unusable(place)
        state = _state_of_refusal(str(cause))
    if state in _OVERTAKEN:
        return NetworkProblem(
            f"The database {place} preferred another worker that wanted the same at the same time.",
            hint="Run the same again.",
            code="database_busy",
        )
    if state.startswith(_UNREACHABLE):
        return NetworkProblem(
            f"The database {place} cannot be reached.",
            hint="See that it runs and that this machine may talk to it, then run the same again.",
            code="database_unreachable",
        )
    if state.startswith(_REFUSED):
        return ConfigProblem(
            f"The database {place} refuses us: {_REASONS.get(state, 'this user may not do that')}.",
            hint="Check fleet.database, and its password in fleet.database_password_file, PGPASSWORD or ~/.pgpass.",
            code="database_refused",
        )
    if state == "53100":
        message = f"The database {place} has no space left."
        return MachineProblem(message, hint="Free some space there and run the same again.", code="disk_full")
    return _unusable(place)


_REASONS = {
    "28P01": "user name or password is wrong",
    "28000": "this user may not log in",
    "3D000": "it does not exist",
}
_PASSING = ("starting up", "shutting down", "in recovery mode", "not yet accepting connections")
"""What a server says while it restarts."""
_SIGNS = {
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "pg_hba.conf": "28000",
    "role": "28000",
    "database": "3D000",
}


def _state_of_refusal(text: str) -> str:
    """Return the SQLSTATE of a failed connection, which comes as text alone; anything unknown counts as no answer."""
    if "FATAL" not in text:
        return "08000"
    if any(sign in text for sign in _PASSING):
        return "08000"
    return next((state for sign, state in _SIGNS.items() if sign in text), "08000")


def _unusable(place: str) -> MachineProblem:
    return MachineProblem(
        f"The fleet's memory {place} cannot be used: reading or writing failed.",
        hint="Check the disk, the permissions and the log of the database.",
        code="fleet_unusable",
    )
