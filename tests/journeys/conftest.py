from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys import town
from tests.platforms.over_both import both_roads
from tests.platforms.over_slack import slack_road
from tests.platforms.over_teams import teams_road
from tests.support.places import PROMPTS


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    """The content as it is shipped."""
    return Prompts.load(PROMPTS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each journey is played right at the core, and over the wire on Slack and on Teams.

    What is marked `across` is played by partners of whom one is in Slack and the other in Teams, too.
    What is marked `core` plants faults below the wire, or is about what no screen shows.
    """
    if "road" in metafunc.fixturenames:
        is_core = metafunc.definition.get_closest_marker("core") is not None
        is_across = metafunc.definition.get_closest_marker("across") is not None
        across = ("slack-and-teams", "teams-and-slack") if is_across else ()
        roads = ("core",) if is_core else ("core", "slack", "teams", *across)
        metafunc.parametrize("road", roads, indirect=True)


@pytest.fixture
def road(request: pytest.FixtureRequest) -> str:
    """The way on which people and the core meet."""
    return str(request.param)


@pytest.fixture
async def store(database_url: str, road: str, prompts: Prompts) -> AsyncIterator[SqlStore]:
    """A real store, on SQLite and on PostgreSQL in turn."""
    store = SqlStore(database_url, durable=False)
    async with AsyncExitStack() as opened:
        if road == "slack":
            town.ROADS.append((await opened.enter_async_context(slack_road(store, prompts))).town)
            opened.callback(town.ROADS.pop)
        if "-and-" in road:
            roads = both_roads(store, prompts, turned=road.startswith("teams"))
            town.ROADS.append((await opened.enter_async_context(roads)).town)
            opened.callback(town.ROADS.pop)
        if road == "teams":
            town.ROADS.append((await opened.enter_async_context(teams_road(store, prompts))).town)
            opened.callback(town.ROADS.pop)
        yield store
    await store.close()


@pytest.fixture(autouse=True)
def mishaps() -> Iterator[list[MutableMapping[str, Any]]]:
    """What went wrong behind the stage. No journey ends with any, unless its test takes and clears them."""
    with capture_logs(processors=[format_exc_info]) as logs:
        yield logs
    unexpected = [each for each in logs if each["log_level"] == "error"]
    assert not unexpected, unexpected
