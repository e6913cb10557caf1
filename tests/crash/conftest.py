"""A durable store that other processes can open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.store import SqlStore


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(database_url)
    yield store
    await store.close()
