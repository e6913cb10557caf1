from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import ROADS, MakeTown, Town
from tests.platforms.over_both import both_roads
from tests.platforms.over_slack import slack_road
from tests.platforms.over_teams import teams_road
from tests.platforms.teams.fake import FakeMicrosoft, running_microsoft
from tests.support.marks import leave_postgresql_to_the_rest, param_of
from tests.support.places import PROMPTS
from tests.support.saved_towns import SavedTowns

ACROSS = ("slack-and-teams", "teams-and-slack")
"""The roads on which partners are on different platforms."""
DATABASES_DIFFER = frozenset(
    {
        *("test_a_whole_cycle", "test_at_once", "test_working", "test_rights"),
        *("test_second_thoughts", "test_typed_disclosures"),
    }
)
"""The files whose journeys meet what databases do differently: locks, order, erased rows. They are played on both."""


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    """Load the content as it is shipped."""
    return Prompts.load(PROMPTS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play each journey at the core, and over the wire on Slack and on Teams.

    A journey marked `across` is also played by partners on different platforms.
    A journey marked `core` is played at the core only.
    """
    if "road" in metafunc.fixturenames:
        is_core = metafunc.definition.get_closest_marker("core") is not None
        is_across = metafunc.definition.get_closest_marker("across") is not None
        roads = ("core",) if is_core else ("core", "slack", "teams", *(ACROSS if is_across else ()))
        metafunc.parametrize("road", roads, indirect=True)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave most journeys on PostgreSQL to `make test-rest`: the databases differ below the core, in `storage/`."""
    road = param_of(item, "road")
    if road != "core" or item.path.stem not in DATABASES_DIFFER:
        leave_postgresql_to_the_rest(item, always=road in ACROSS)


@pytest.fixture
def road(request: pytest.FixtureRequest) -> str:
    """Return the name of the road by which people and the core meet."""
    return str(request.param)


@pytest.fixture(scope="session")
def microsoft() -> Iterator[FakeMicrosoft]:
    """Start one Microsoft for all journeys: a saved town remembers its address."""
    with running_microsoft() as microsoft:
        yield microsoft


@asynccontextmanager
async def open_road(
    road: str, store: SqlStore, prompts: Prompts, microsoft: FakeMicrosoft | None
) -> AsyncIterator[MakeTown]:
    """Start what a road needs; yield what makes a town on it."""
    if road == "slack":
        async with slack_road(store, prompts) as slack:
            yield slack.town
    elif road == "teams":
        assert microsoft is not None
        async with teams_road(store, prompts, microsoft) as teams:
            yield teams.town
    else:
        assert microsoft is not None
        async with both_roads(store, prompts, microsoft, turned=road.startswith("teams")) as both:
            yield both.town


@pytest.fixture
async def store(
    request: pytest.FixtureRequest, database_url: str, road: str, prompts: Prompts
) -> AsyncIterator[SqlStore]:
    """Open the store, and the road by which a town is reached."""
    store = SqlStore(database_url, durable=False)
    async with AsyncExitStack() as opened:
        if road != "core":
            microsoft = request.getfixturevalue("microsoft") if "teams" in road else None
            make_town = await opened.enter_async_context(open_road(road, store, prompts, microsoft))
            ROADS.append(make_town)
            opened.callback(ROADS.pop)
        yield store
    await store.close()


# --- saved towns ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def saved_towns(tmp_path_factory: pytest.TempPathFactory) -> SavedTowns:
    """Return the towns that this worker has saved."""
    return SavedTowns(tmp_path_factory.mktemp("towns"))


@pytest.fixture
def first_file(request: pytest.FixtureRequest, saved_towns: SavedTowns, migrated_file: Path) -> Path:
    """Return the file of the saved town in which the test begins, or an empty database."""
    saved = saved_towns.find(request.node)
    return Path(saved.database) if saved else migrated_file


@pytest.fixture
def first_template(request: pytest.FixtureRequest, saved_towns: SavedTowns, migrated_template: str) -> str:
    """Return the database of the saved town in which the test begins, or an empty one."""
    saved = saved_towns.find(request.node)
    return saved.database if saved else migrated_template


@pytest.fixture
async def town(
    request: pytest.FixtureRequest,
    store: SqlStore,
    prompts: Prompts,
    database_url: str,
    saved_towns: SavedTowns,
) -> Town:
    """Return the town of the mark `begins`, played or restored."""
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres")
    return await saved_towns.begin(request.node, store, prompts, database_url, server)


@pytest.fixture(autouse=True)
def mishaps() -> Iterator[list[MutableMapping[str, Any]]]:
    """Collect what is logged. No journey ends with an error, unless its test takes and clears it."""
    with capture_logs(processors=[format_exc_info]) as logs:
        yield logs
    unexpected = [each for each in logs if each["log_level"] == "error"]
    assert not unexpected, unexpected
