"""The store under test, and a small world in it: two schools, three teachers, a cycle."""

from collections.abc import AsyncIterator

import pytest

from storage.store import SqlStore
from tests.storage.world import World


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(database_url, durable=False)
    yield store
    await store.close()


@pytest.fixture
async def other_store(database_url: str, store: SqlStore) -> AsyncIterator[SqlStore]:
    """The same database, as a second process would see it."""
    other = SqlStore(database_url)
    yield other
    await other.close()


@pytest.fixture
async def world(store: SqlStore) -> World:
    return await World.begin(store)
