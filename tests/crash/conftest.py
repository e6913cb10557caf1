"""A durable store that other processes can open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.store import SqlStore


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the cases of a test `long` that its mark `quick_cases` does not name."""
    quick = item.get_closest_marker("quick_cases")
    if quick is not None and item.name.partition("[")[2] not in {f"{case}]" for case in quick.args}:
        item.add_marker("long")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(database_url)
    yield store
    await store.close()
