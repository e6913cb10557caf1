from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.platforms.teams.fake import FakeMicrosoft, running_microsoft
from tests.platforms.teams.stage import Stage, on_stage
from tests.platforms.teams.world import World
from tests.support.places import PROMPTS


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    """Return the content as it is shipped."""
    return Prompts.load(PROMPTS)


@pytest.fixture(scope="session")
def running() -> Iterator[FakeMicrosoft]:
    with running_microsoft() as microsoft:
        yield microsoft


@pytest.fixture
def microsoft(running: FakeMicrosoft) -> FakeMicrosoft:
    """Return the fake Microsoft, with nobody in it."""
    running.world = World()
    return running


@pytest.fixture
async def stage(microsoft: FakeMicrosoft, prompts: Prompts) -> AsyncIterator[Stage]:
    """Run the adapter with a core that only records events."""
    async with on_stage(microsoft, prompts) as stage:
        stage.people.add("Elin", "tenant-1", "elin@example.org", installed=True)
        yield stage


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """Open a real store, on SQLite and on PostgreSQL in turn."""
    store = SqlStore(database_url, durable=False)
    yield store
    await store.close()
