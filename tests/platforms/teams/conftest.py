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
    """The content as it is shipped."""
    return Prompts.load(PROMPTS)


@pytest.fixture(scope="session")
def running() -> Iterator[FakeMicrosoft]:
    with running_microsoft() as microsoft:
        yield microsoft


@pytest.fixture
def microsoft(running: FakeMicrosoft) -> FakeMicrosoft:
    """Microsoft, with nobody in it yet."""
    running.world = World()
    return running


@pytest.fixture
async def stage(microsoft: FakeMicrosoft, prompts: Prompts) -> AsyncIterator[Stage]:
    """The adapter before a core that only notes what it hears."""
    async with on_stage(microsoft, prompts) as stage:
        stage.people.add("Elin", "tenant-1", "elin@example.org", installed=True)
        yield stage


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """A real store, on SQLite and on PostgreSQL in turn."""
    store = SqlStore(database_url, durable=False)
    yield store
    await store.close()
