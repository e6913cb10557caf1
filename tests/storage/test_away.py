"""A database that is down, hangs or refuses connections raises `StoreAway`, and works again afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreAway
from storage.drivers import at_rest, engines, postgresql
from storage.drivers.engines import USUAL, Connections
from storage.store import SqlStore
from tests.support.postgres import Server


@asynccontextmanager
async def opened(url: str, connections: Connections = USUAL) -> AsyncIterator[SqlStore]:
    store = SqlStore(url, connections=connections)
    try:
        yield store
    finally:
        await store.close()


async def is_there(store: SqlStore) -> bool:
    async with store.transaction() as tx:
        return await tx.schools.partnerships() == ()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the write lock as another process."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def test_a_server_that_is_not_there_is_away() -> None:
    async with opened("postgresql+psycopg://somebody:secret@127.0.0.1:1/jpd") as store:
        with pytest.raises(StoreAway):
            await is_there(store)
        with pytest.raises(StoreAway) as away:
            await store.now()

    assert "secret" not in str(away.value)


async def test_a_file_that_another_process_keeps_locked_is_away_until_it_is_free(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_rest, "MILLISECONDS_TO_WAIT", 100)
    file = Path(sqlite_url.partition("///")[2])
    async with opened(sqlite_url) as store:
        assert await is_there(store)
        with locked(file), pytest.raises(StoreAway):
            await is_there(store)
        assert await is_there(store)


async def test_a_server_that_ends_in_the_middle_of_a_transaction_is_away_and_the_next_one_works(
    postgresql_url: str, postgres: Server
) -> None:
    async def interrupted(store: SqlStore) -> None:
        async with store.transaction() as tx:
            await tx.schools.add_partnership("Two Rivers")
            number = await tx.connection.scalar(text("SELECT pg_backend_pid()"))
            postgres.execute(f"SELECT pg_terminate_backend({number})")

    async with opened(postgresql_url) as store:
        with pytest.raises(StoreAway):
            await interrupted(store)
        assert await is_there(store)


async def test_a_statement_without_an_answer_is_given_up_and_the_next_one_works(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waits(store: SqlStore) -> None:
        async with store.transaction() as tx:
            await tx.schools.add_partnership("Two Rivers")
            await tx.connection.execute(text("SELECT pg_sleep(600)"))

    async with opened(postgresql_url) as store:
        assert await is_there(store)
        monkeypatch.setattr(postgresql, "SECONDS_A_STATEMENT", 0.2)
        with pytest.raises(StoreAway):
            await waits(store)
        monkeypatch.undo()
        assert await is_there(store)


async def test_where_no_connection_is_free_the_store_is_away(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "SECONDS_TO_WAIT", 0.1)
    async with opened(postgresql_url, connections=Connections(most=1)) as store:
        async with store.transaction():
            with pytest.raises(StoreAway):
                await is_there(store)
        assert await is_there(store)


async def test_what_the_database_refuses_is_our_fault_and_no_absence(database_url: str) -> None:
    async def misspelt(store: SqlStore) -> None:
        async with store.transaction() as tx:
            await tx.connection.execute(text("SELECT * FROM no_such_table"))

    async with opened(database_url) as store:
        with pytest.raises(SQLAlchemyError):
            await misspelt(store)
        assert await is_there(store)
