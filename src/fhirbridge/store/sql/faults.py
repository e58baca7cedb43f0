"""What a database's error means to the bridge. The database's own text is never shown: it may quote a person's data."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fhirbridge.errors import BridgeError, InvalidContent, Unavailable, VersionConflict

TAKEN = "Something else was stored under this key at the same time."
UNSTORABLE = "A text holds a character, or is longer than, what the database can keep under a key."
READ_ONLY = "A snapshot only reads."

Fault = tuple[type[BridgeError], str]
UNAVAILABLE: Fault = (Unavailable, "")

# Source: https://www.sqlite.org/rescode.html ; extended codes are looked up first, then the primary code
SQLITE: dict[int, Fault] = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: (VersionConflict, TAKEN),
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: (VersionConflict, TAKEN),
    sqlite3.SQLITE_BUSY: UNAVAILABLE,
    sqlite3.SQLITE_LOCKED: UNAVAILABLE,
    sqlite3.SQLITE_FULL: UNAVAILABLE,
    sqlite3.SQLITE_IOERR: UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: UNAVAILABLE,
    sqlite3.SQLITE_TOOBIG: (InvalidContent, UNSTORABLE),
    sqlite3.SQLITE_READONLY: (BridgeError, READ_ONLY),
}

# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html ; whole codes first, then the class
POSTGRESQL: dict[str, Fault] = {
    "23505": (VersionConflict, TAKEN),
    "25006": (BridgeError, READ_ONLY),
    "55P03": UNAVAILABLE,  # waited too long for a lock
    "08": UNAVAILABLE,  # connection
    "22": (InvalidContent, UNSTORABLE),  # data: a text with NUL
    "40": UNAVAILABLE,  # deadlock, serialization: undone in favour of another transaction
    "53": UNAVAILABLE,  # disk full, too many connections
    "54": (InvalidContent, UNSTORABLE),  # program limit: key too long for an index page
    "57": UNAVAILABLE,  # shutdown, restart
    "58": UNAVAILABLE,  # I/O error
}

# what psycopg says without a code: no connection at all, or a text it will not send
NO_CODE: dict[str, Fault] = {"OperationalError": UNAVAILABLE, "DataError": (InvalidContent, UNSTORABLE)}


@contextmanager
def translated() -> Iterator[None]:
    """Turn every error of the database into one of ours.

    Raises:
        Unavailable: not reachable, locked too long, or undone in favour of another transaction: run it again.
        VersionConflict: another transaction took the same key.
        InvalidContent: a text that this database cannot keep.
        BridgeError: any other refusal, by its code.
    """
    try:
        yield
    except PoolTimeout:
        raise Unavailable from None
    except DBAPIError as error:
        raise _meaning(error) from None
    except StatementError as error:  # a value was refused before it was sent
        raise error.orig or error from None


def _meaning(error: DBAPIError) -> BridgeError:
    refused = BridgeError, f"The database refused a statement ({_code(error.orig)})."
    class_, message = _find_fault(error.orig) or refused
    return class_(message)


def _find_fault(error: object) -> Fault | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return SQLITE.get(code) or SQLITE.get(code & 0xFF)
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])
    return NO_CODE.get(type(error).__name__)


def _code(error: object) -> str:
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
