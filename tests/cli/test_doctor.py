"""`jpd doctor` finds each fault that was planted, says how to mend it, and changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from adapters.chat.watch import NoteKind
from adapters.cli.doctor import examine
from adapters.cli.main import app
from adapters.cli.settings import Settings
from bot.model import Role
from bot.model.roster import Roster
from bot.rules.school_time import Term
from storage.migrate import downgrade
from storage.notes import StoredNotes
from storage.secrets import new_key
from storage.store import SqlStore
from tests.storage.world import BRYN, DAY, NOW, World, person
from tests.support.places import ROOT
from tests.support.postgres import Server

FAR = date(2100, 1, 1)
Plant = Callable[[SqlStore, World], Awaitable[object]]
SLACK = ("CLIENT_ID", "CLIENT_SECRET", "SIGNING_SECRET")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("JPD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield
    structlog.reset_defaults()  # the command line sets them for its process


def at_once(what: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(what)


async def well(url: str, plant: Plant | None = None) -> None:
    """Make an installation in which only a platform is missing, and plant a fault in it."""
    store = SqlStore(url, durable=False)
    world = await World.begin(store)
    roster = Roster(schools=(BRYN,), people=(person("Siân", BRYN, Role.COORDINATOR),))
    async with store.transaction() as tx:
        await tx.schools.apply(world.partnership_id, roster, NOW)
        for school in world.schools.values():
            await tx.schools.set_calendar(school.id, [Term("", date(2026, 9, 1), FAR)], {})
    for platform in ("slack", "teams"):
        await StoredNotes(store, platform).add(NoteKind.HEARD, NOW)
    if plant is not None:
        await plant(store, world)
    await store.close()


def found(url: str, **environment: str) -> list[str]:
    """The doctor's findings, without its last sentence and without that no platform is named."""
    given = {f"JPD_{name}": value for name, value in {"DATABASE_URL": url, **environment}.items()}
    done = CliRunner().invoke(app, ["doctor"], env=given)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    lines = done.stdout.splitlines()
    assert done.exit_code == (0 if "Nothing is wrong." in lines else 1), (done.output, done.exception)
    return [each for each in lines if each.startswith("- ") and "names a chat platform" not in each]


def test_of_a_whole_installation_it_has_nothing_to_say(database_url: str) -> None:
    at_once(well(database_url))

    assert found(database_url) == []


async def ends_soon(store: SqlStore, world: World) -> None:
    today = (await store.now()).date()
    async with store.transaction() as tx:
        await tx.schools.set_calendar(
            world.schools["s-bryn"].id, [Term("", NOW.date() - 999 * DAY, today)], {}
        )


async def is_over(store: SqlStore, world: World) -> None:
    async with store.transaction() as tx:
        ended = Term("", date(2020, 1, 1), date(2020, 2, 1))
        await tx.schools.set_calendar(world.schools["s-bryn"].id, [ended], {})


async def no_terms(store: SqlStore, world: World) -> None:
    async with store.transaction() as tx:
        await tx.schools.set_calendar(world.schools["s-bryn"].id, [], {})


async def nobody_works(store: SqlStore, world: World) -> None:
    async with store.transaction() as tx:
        await tx.deliveries.owe([world.delivery("Anest", 1, due_at=NOW - 999 * DAY)])


def sql(statement: str) -> Plant:
    async def plant(store: SqlStore, world: World) -> None:
        async with store.transaction() as tx:
            await tx.connection.execute(text(statement))

    return plant


@pytest.mark.parametrize(
    ("plant", "sentence", "mend"),
    [
        (ends_soon, "The calendar of Ysgol y Bryn ends on", "jpd calendar s-bryn"),
        (is_over, "The calendar of Ysgol y Bryn ended on 2020-02-01", "jpd calendar s-bryn"),
        (no_terms, "Ysgol y Bryn has no term dates", "jpd calendar s-bryn"),
        (nobody_works, "1 message should have gone out", "Start jpd work"),
        (sql("DELETE FROM post WHERE role = 'coordinator'"), "Two Rivers has no coordinator", "roster"),
        (
            sql("UPDATE school SET time_zone = 'Mars/Base' WHERE source_id = 's-bryn'"),
            "Mars/Base, of Ysgol y Bryn, is not a time zone",
            "--time-zone",
        ),
        (
            sql("UPDATE school SET holidays = 'GB-MARS' WHERE source_id = 's-bryn'"),
            "GB-MARS, of Ysgol y Bryn, is not a code",
            "--holidays",
        ),
        (sql("UPDATE alembic_version SET version_num = '0001'"), "not those of this release", "jpd migrate"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_planted_in_the_store_is_found_with_its_mend(
    database_url: str, plant: Plant, sentence: str, mend: str
) -> None:
    at_once(well(database_url, plant))

    [line] = found(database_url)
    assert sentence in line
    assert mend in line


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "a secret"}, "JPD_PORT: "),
        ({"SLAK_BOT_TOKEN": "xoxb-secret"}, "JPD_SLAK_BOT_TOKEN is no setting of the bot"),
        ({"SLACK_CLIENT_ID": "secret", "SECRET_KEYS": new_key()}, "JPD_SLACK_CLIENT_SECRET: missing"),
        ({"SECRET_KEYS": "secret"}, "JPD_SECRET_KEYS: one of them is no key"),
        ({"SLACK_API_URL": "http://slack.example.org/"}, "JPD_SLACK_API_URL is not https"),
        ({"METRICS_PORT": "3978"}, "JPD_PORT and JPD_METRICS_PORT are both 3978"),
        ({"DATABASE_URL": "postgresql://jpd:secret@127.0.0.1:1/jpd"}, "The database does not answer"),
        (
            {"DATABASE_URL": "sqlite+aiosqlite:///nowhere.sqlite"},
            "There is no database in nowhere.sqlite yet",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_planted_in_the_settings_is_found_and_never_shown(
    sqlite_url: str, tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    at_once(well(sqlite_url))
    lines = found(sqlite_url, **environment)

    assert any(sentence in each for each in lines), lines
    assert "secret" not in str(lines).lower().replace("jpd_slack_client_secret", "").replace(
        "jpd_slack_signing_secret", ""
    ).replace("jpd_secret_keys", "")
    assert not (tmp_path / "nowhere.sqlite").exists()


def test_a_store_that_was_never_migrated_or_never_filled_is_found(empty_database_url: str) -> None:
    first = found(empty_database_url)
    assert ["jpd migrate" in each for each in first] == [True]
    assert CliRunner().invoke(app, ["migrate"], env={"JPD_DATABASE_URL": empty_database_url}).exit_code == 0

    [line] = found(empty_database_url)
    assert "There is no school yet. Import a roster" in line
    downgrade(empty_database_url)
    assert ["jpd migrate" in each for each in found(empty_database_url)] == [True]


def test_a_fault_in_the_content_is_found(sqlite_url: str, tmp_path: Path) -> None:
    at_once(well(sqlite_url))
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    focus = tmp_path / "prompts" / "joint-practice-6wk" / "1-focus.en.md"
    focus.write_text(focus.read_text().replace("{goal}", "{gaol}"))

    [line] = found(sqlite_url, PROMPTS=str(tmp_path / "prompts"))
    assert "gaol" in line
    assert "jpd prompts check" in line


def test_a_file_and_a_folder_that_are_open_to_others_are_found(sqlite_url: str, tmp_path: Path) -> None:
    at_once(well(sqlite_url))
    file = Path(sqlite_url.partition("///")[2])
    file.chmod(0o644)
    tmp_path.chmod(0o775)

    of_file, of_folder = found(sqlite_url)

    assert f"chmod 600 {file}" in of_file
    assert f"chmod go-w {tmp_path}" in of_folder
    assert file.stat().st_mode & 0o777 == 0o644, "nothing was changed"


def test_a_server_that_takes_too_few_connections_is_found(postgres: Server, postgresql_url: str) -> None:
    at_once(well(postgresql_url))
    postgres.execute(f'ALTER DATABASE "{make_url(postgresql_url).database}" CONNECTION LIMIT 20')

    [line] = found(postgresql_url)
    assert "Set JPD_DATABASE_CONNECTIONS to 9" in line
    assert found(postgresql_url, DATABASE_CONNECTIONS="9") == []


async def test_clocks_that_are_apart_are_found(database_url: str) -> None:
    await well(database_url)
    read = Settings(database_url=database_url)
    for ahead in (timedelta(minutes=5), timedelta(minutes=-5)):
        now = datetime.now(UTC) + ahead  # noqa: TID251  # the doctor compares real clocks
        keys = [each.key async for each in examine(read, now)]
        assert "clock" in keys
