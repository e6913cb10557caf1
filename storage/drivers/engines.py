"""Engines for the two databases, set up so that no transaction can lose another's work."""

from __future__ import annotations

import sqlite3

from psycopg import Error as PsycopgError
from psycopg import InterfaceError, OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage.drivers import postgresql, sqlite

CONNECTIONS = 10
SECONDS_TO_WAIT = 30
"""For a connection of ours, and for another process that writes."""
SECONDS_TO_CONNECT = 10
"""To PostgreSQL, unless its URL has a `connect_timeout`: the driver's own is 130."""
AWAY = {"08", "53", "57", "58"}
"""Classes of PostgreSQL's SQLSTATE: connections, resources, an operator at work, the system below."""
READ_ONLY = "25006"
"""After a failover, until we are connected to the server that leads."""
AWAY_SQLITE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip


def async_engine(url: str, *, durable: bool = True) -> AsyncEngine:
    """An engine for the store. On SQLite there is one connection, so that transactions queue up in order.

    `durable=False` is for a store that is thrown away: SQLite then does not wait for the disk.
    """
    if _is_sqlite(url):
        engine = create_async_engine(
            _with_driver(url, "sqlite+aiosqlite"),
            pool_size=1,
            max_overflow=0,
            pool_timeout=SECONDS_TO_WAIT,
            hide_parameters=True,
            connect_args={"async_creator_fn": sqlite.connect},
        )
        _prepare_sqlite(engine.sync_engine, enforce_foreign_keys=True, durable=durable)
        return engine
    return create_async_engine(
        _with_driver(url, "postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,  # measured: an overflowing pool runs at 0.4 of a fixed one
        pool_timeout=SECONDS_TO_WAIT,
        pool_pre_ping=True,
        hide_parameters=True,  # an error never carries anybody's words
        connect_args={"async_creator_fn": postgresql.connect, **_patience(url)},
    )


def migration_engine(url: str) -> Engine:
    """An engine for migrations: without foreign keys on SQLite, where changing a table means copying it."""
    if _is_sqlite(url):
        engine = create_engine(_with_driver(url, "sqlite+pysqlite"), poolclass=NullPool)
        _prepare_sqlite(engine, enforce_foreign_keys=False)
        return engine
    return create_engine(
        _with_driver(url, "postgresql+psycopg"), poolclass=NullPool, connect_args=_patience(url)
    )


def is_away(error: Exception) -> bool:
    """Whether the database did not answer, or could not now, as against refusing what it was asked."""
    match error:
        case NoConnectionFree():
            return True
        case DBAPIError(connection_invalidated=True):
            return True
        case DBAPIError(orig=PsycopgError() as found):
            # Who never got through was told no SQLSTATE.
            is_silent = found.sqlstate is None and isinstance(found, OperationalError | InterfaceError)
            return is_silent or (found.sqlstate or "")[:2] in AWAY or found.sqlstate == READ_ONLY
        case DBAPIError(orig=sqlite3.Error() as found):
            # What Python's own module refuses has no code.
            return getattr(found, "sqlite_errorcode", 0) & 0xFF in AWAY_SQLITE
        case _:
            return False


def is_conflict(error: Exception) -> bool:
    """Whether another transaction was in the way."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, SerializationFailure | DeadlockDetected)


def _patience(url: str) -> dict[str, int]:
    return {} if "connect_timeout" in make_url(url).query else {"connect_timeout": SECONDS_TO_CONNECT}


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _with_driver(url: str, driver: str) -> URL:
    """The URL with our driver: hosting platforms hand out `postgres://`."""
    made = make_url(url)
    if made.get_backend_name() not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(f"neither SQLite nor PostgreSQL: {made.render_as_string(hide_password=True)}")
    return made.set(drivername=driver)


def _prepare_sqlite(engine: Engine, *, enforce_foreign_keys: bool, durable: bool = True) -> None:
    pragmas = [
        f"busy_timeout = {SECONDS_TO_WAIT * 1000}",
        "journal_mode = WAL",
        f"synchronous = {'FULL' if durable else 'OFF'}",
        f"foreign_keys = {'ON' if enforce_foreign_keys else 'OFF'}",
    ]

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver's own BEGIN comes before the first write only: then what was read may be outdated.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
