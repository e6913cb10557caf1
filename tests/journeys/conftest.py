from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.prompts import Prompts
from storage.store import SqlStore


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    """The content as it is shipped."""
    return Prompts.load(Path(__file__).parents[2] / "prompts")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """A real store, on SQLite and on PostgreSQL in turn."""
    store = SqlStore(database_url)
    yield store
    await store.close()
