from __future__ import annotations

import pytest
from sqlalchemy import text

from storage.drivers.engines import async_engine, migration_engine
from storage.store import SqlStore


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_whatever_a_host_calls_postgresql_gets_our_driver_on_a_pool_of_fixed_size(scheme: str) -> None:
    engine = async_engine(f"{scheme}://jpd:secret@db.test/jpd")

    assert engine.url.drivername == "postgresql+psycopg"
    assert engine.url.password == "secret"
    assert "Pool size: 10" in engine.pool.status()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
async def test_sqlite_is_set_up_to_lose_nothing(sqlite_url: str, pragma: str, value: object) -> None:
    store = SqlStore(sqlite_url)
    async with store.transaction() as tx:
        kept = await tx.connection.scalar(text(f"PRAGMA {pragma}"))
    await store.close()

    assert kept == value


def test_migrations_on_sqlite_run_without_foreign_keys_because_tables_are_copied(sqlite_url: str) -> None:
    engine = migration_engine(sqlite_url)
    with engine.begin() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 0
    engine.dispose()
