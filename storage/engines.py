"""Engines for the two databases, set up so that no transaction can lose another's work."""

from __future__ import annotations

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage import one_hop

CONNECTIONS = 10
SECONDS_TO_WAIT = 30
"""For a connection of ours, and for another process that writes."""


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
            connect_args={"async_creator_fn": one_hop.connect},
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
    )


def migration_engine(url: str) -> Engine:
    """An engine for migrations: without foreign keys on SQLite, where changing a table means copying it."""
    if _is_sqlite(url):
        engine = create_engine(_with_driver(url, "sqlite+pysqlite"), poolclass=NullPool)
        _prepare_sqlite(engine, enforce_foreign_keys=False)
        return engine
    return create_engine(_with_driver(url, "postgresql+psycopg"), poolclass=NullPool)


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
