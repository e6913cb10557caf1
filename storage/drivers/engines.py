"""Engines for the two databases, configured so that no transaction loses another one's changes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from psycopg import Error as PsycopgError
from psycopg import InterfaceError, OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage.drivers import at_rest, postgresql, sqlite

SECONDS_TO_WAIT = at_rest.MILLISECONDS_TO_WAIT // 1000
"""The wait for a free connection, and on SQLite for another process that writes."""
SECONDS_TO_CONNECT = 10
"""For PostgreSQL, unless the URL has a `connect_timeout`: the driver's default is 130."""
AWAY = {"08", "53", "57", "58"}
"""Classes of SQLSTATE in PostgreSQL: connections, resources, operator intervention, system errors."""
LIMITS = """
SELECT pg_backend_pid(),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
"""
"""The process of the server that answers, and the limits of connections; -1 is none."""
READ_ONLY = "25006"
"""Seen after a failover, until we are connected to the new primary server."""
AWAY_SQLITE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Connections:
    """How a process connects to PostgreSQL."""

    most: int = 10
    """The most that one process opens."""
    prepares: bool | None = None
    """Whether statements are prepared on the server; None: unless there is a pooler."""


USUAL = Connections()


def async_engine(url: str, *, durable: bool = True, connections: Connections = USUAL) -> AsyncEngine:
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
        pool_size=connections.most,
        max_overflow=0,  # SQLAlchemy's default of 10 more was slower: they wait for each other's locks
        pool_timeout=SECONDS_TO_WAIT,
        pool_pre_ping=True,
        hide_parameters=True,  # an error message never shows what people wrote
        connect_args={
            "async_creator_fn": partial(postgresql.connect, prepares=connections.prepares),
            **_connect_args(url),
        },
    )


def migration_engine(url: str) -> Engine:
    """Return an engine for migrations. On SQLite it has no foreign keys, since changing a table means copying it."""
    if _is_sqlite(url):
        engine = create_engine(_with_driver(url, "sqlite+pysqlite"), poolclass=NullPool)
        _prepare_sqlite(engine, enforce_foreign_keys=False)
        return engine
    return create_engine(
        _with_driver(url, "postgresql+psycopg"),
        poolclass=NullPool,
        # A pooler may stand before the server, so no statement is prepared.
        connect_args={"prepare_threshold": None, **_connect_args(url)},
    )


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a connection tells of its server."""

    is_pooled: bool = False
    most_connections: int | None = None
    """The most that this user may have open to this database, by all processes together; None on SQLite."""


async def examine_server(connection: AsyncConnection) -> ServerFacts:
    """Return what the server, or a pooler before it, allows."""
    if connection.dialect.name == "sqlite":
        return ServerFacts()
    pid, *limits = (await connection.execute(text(LIMITS))).one()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, postgresql.TimedConnection)  # noqa: S101  # `async_engine` makes no other
    return ServerFacts(pid != driver.info.backend_pid, min(each for each in limits if each >= 0))


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


def _connect_args(url: str) -> dict[str, int | str]:
    """Return what the driver is told unless the URL says it; of several servers, only the primary can be written to."""
    query = parse_url(url).query
    args: dict[str, int | str] = {"connect_timeout": SECONDS_TO_CONNECT}
    if isinstance(query.get("host"), tuple):
        args["target_session_attrs"] = "read-write"
    return {name: value for name, value in args.items() if name not in query}


def parse_url(url: str) -> URL:
    """Return a database's URL; several hosts may stand before the path (`…@one:5432,two:5432/jpd`), as psql takes them.

    Raises `ValueError` if it is no such URL.
    """
    scheme, slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    if "," in hosts:
        more = urlencode([("host", each if ":" in each else f"{each}:5432") for each in hosts.split(",")])
        url = f"{scheme}{slashes}{user}{at}{slash}{path}{'&' if '?' in path else '?'}{more}"
    try:
        return make_url(url)
    except ArgumentError as error:
        raise ValueError("not a URL of a database") from error


def _is_sqlite(url: str) -> bool:
    return parse_url(url).get_backend_name() == "sqlite"


def _with_driver(url: str, driver: str) -> URL:
    """Return the URL with our driver; hosting platforms hand out `postgres://`."""
    made = parse_url(url)
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
