"""Engines for the two databases, configured so that no transaction loses another one's changes."""

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

from storage.drivers import at_rest, postgresql, sqlite

CONNECTIONS = 10
SECONDS_TO_WAIT = at_rest.MILLISECONDS_TO_WAIT // 1000
"""The wait for a free connection, and on SQLite for another process that writes."""
SECONDS_TO_CONNECT = 10
"""For PostgreSQL, unless the URL has a `connect_timeout`: the driver's default is 130."""
AWAY = {"08", "53", "57", "58"}
"""Classes of SQLSTATE in PostgreSQL: connections, resources, operator intervention, system errors."""
READ_ONLY = "25006"
"""Seen after a failover, until we are connected to the new primary server."""
AWAY_SQLITE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip


def async_engine(url: str, *, durable: bool = True) -> AsyncEngine:
    """Return an engine for the store. On SQLite it has one connection, so that transactions run in order.

    With `durable=False`, for tests, SQLite does not wait for the disk.
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
        max_overflow=0,  # SQLAlchemy's default of 10 more was slower: they wait for each other's locks
        pool_timeout=SECONDS_TO_WAIT,
        pool_pre_ping=True,
        hide_parameters=True,  # an error message never shows what people wrote
        connect_args={"async_creator_fn": postgresql.connect, **_time_limits(url)},
    )


def migration_engine(url: str) -> Engine:
    """Return an engine for migrations. On SQLite it has no foreign keys, since changing a table means copying it."""
    if _is_sqlite(url):
        engine = create_engine(_with_driver(url, "sqlite+pysqlite"), poolclass=NullPool)
        _prepare_sqlite(engine, enforce_foreign_keys=False)
        return engine
    return create_engine(
        _with_driver(url, "postgresql+psycopg"), poolclass=NullPool, connect_args=_time_limits(url)
    )


def is_away(error: Exception) -> bool:
    """Return whether the database could not answer, as opposed to refusing a statement."""
    match error:
        case NoConnectionFree():
            return True
        case DBAPIError(connection_invalidated=True):
            return True
        case DBAPIError(orig=PsycopgError() as found):
            # A connection that failed has no SQLSTATE.
            is_silent = found.sqlstate is None and isinstance(found, OperationalError | InterfaceError)
            return is_silent or (found.sqlstate or "")[:2] in AWAY or found.sqlstate == READ_ONLY
        case DBAPIError(orig=sqlite3.Error() as found):
            # Errors of Python's own module have no code.
            return getattr(found, "sqlite_errorcode", 0) & 0xFF in AWAY_SQLITE
        case _:
            return False


def is_busy(error: Exception) -> bool:
    """Return whether no connection became free in time, because too much waited for one."""
    return isinstance(error, NoConnectionFree)


def is_conflict(error: Exception) -> bool:
    """Return whether the transaction failed because of another one, and may be tried again."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, SerializationFailure | DeadlockDetected)


def _time_limits(url: str) -> dict[str, int]:
    return {} if "connect_timeout" in make_url(url).query else {"connect_timeout": SECONDS_TO_CONNECT}


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _with_driver(url: str, driver: str) -> URL:
    """Return the URL with our driver; hosting platforms hand out `postgres://`."""
    made = make_url(url)
    if made.get_backend_name() not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(f"neither SQLite nor PostgreSQL: {made.render_as_string(hide_password=True)}")
    return made.set(drivername=driver)


def _prepare_sqlite(engine: Engine, *, enforce_foreign_keys: bool, durable: bool = True) -> None:
    pragmas = [
        f"busy_timeout = {at_rest.MILLISECONDS_TO_WAIT}",
        "journal_mode = WAL",
        "secure_delete = ON",  # some builds of SQLite leave deleted text in the file
        f"synchronous = {'FULL' if durable else 'OFF'}",
        f"foreign_keys = {'ON' if enforce_foreign_keys else 'OFF'}",
    ]

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver begins a transaction only at the first write, after reads that may be stale: we begin it ourselves.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
