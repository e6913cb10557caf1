from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from bot.prompts import Prompts
from storage.store import SqlStore


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    """The content as it is shipped."""
    return Prompts.load(Path(__file__).parents[2] / "prompts")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """A real store, on SQLite and on PostgreSQL in turn."""
    store = SqlStore(database_url, durable=False)
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def mishaps() -> Iterator[list[MutableMapping[str, Any]]]:
    """What went wrong behind the stage. No journey ends with any, unless its test takes and clears them."""
    with capture_logs(processors=[format_exc_info]) as logs:
        yield logs
    unexpected = [each for each in logs if each["log_level"] == "error"]
    assert not unexpected, unexpected
