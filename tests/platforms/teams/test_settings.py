"""Teams' settings, complete or with an error that names what is missing, and their composition."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.chat.settings import SettingsError, read_platform
from adapters.cli.running import connect_platforms
from adapters.server.web import application, listening
from adapters.teams.platform import TeamsSettings
from bot.prompts import Prompts
from storage.secrets import new_key
from storage.store import SqlStore
from tests.platforms.teams import reading
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.people import People
from tests.platforms.teams.stage import logs
from tests.platforms.teams.world import APP, HOME, PASSWORD
from tests.support.command_line import run_jpd
from tests.support.settings import environment

WHOLE = {"teams_app_id": "an-id", "teams_app_password": "pass-word", "teams_tenant_id": "a-tenant"}


def teams(**given: Any) -> TeamsSettings | None:
    with environment(**given) as read:
        return read_platform(TeamsSettings, read.deployment)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [each for each in os.environ if each.startswith("JPD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # where no `.env` lies


def test_no_settings_no_teams() -> None:
    assert teams() is None
    assert teams(public_url="https://jpd.example.org") is None


def test_whole_they_are_taken() -> None:
    found = teams(**WHOLE)

    assert found is not None
    assert (found.app_id, found.password, found.tenant_id) == ("an-id", "pass-word", "a-tenant")
    assert found.login_url == "https://login.microsoftonline.com"


@pytest.mark.parametrize("name", list(WHOLE))
def test_one_that_is_missing_is_named_and_no_value_is(name: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        teams(**{each: value for each, value in WHOLE.items() if each != name})

    assert str(wrong.value) == f"JPD_{name.upper()}: missing"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"teams_managed_identity": True}, ["JPD_TEAMS_APP_ID: missing", "JPD_TEAMS_TENANT_ID: missing"]),
        ({**WHOLE, "teams_managed_identity": True}, ["JPD_TEAMS_APP_PASSWORD: a managed"]),
        ({**WHOLE, "teams_anonymous": True}, ["JPD_TEAMS_ANONYMOUS: believes anybody, beside"]),
        ({"teams_anonymous": True, "host": "0.0.0.0"}, ["JPD_TEAMS_ANONYMOUS: believes anybody, so"]),  # noqa: S104  # refused
        (
            {"teams_anonymous": True, "public_url": "https://jpd.example.org"},
            ["JPD_TEAMS_ANONYMOUS: believes anybody, and"],
        ),
        ({**WHOLE, "public_url": "https://jpd.example.org"}, ["JPD_SECRET_KEYS: missing"]),
    ],
)
def test_halves_and_contradictions_are_named(given: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(SettingsError) as wrong:
        teams(**given)

    lines = str(wrong.value).splitlines()
    assert len(lines) == len(named)
    assert all(line.startswith(start) for line, start in zip(lines, named, strict=True))
    assert "pass-word" not in str(wrong.value)


@pytest.mark.parametrize("name", ["teams_openid_url", "teams_login_url", "public_url"])
@pytest.mark.parametrize("url", ["http://login.example.org", "ftp://x", "login.example.org"])
def test_an_address_that_others_could_read_along_is_none(name: str, url: str) -> None:
    with pytest.raises(SettingsError, match="not a secure address"), environment(**{name: url}):
        pass


@pytest.mark.parametrize(
    "rest", ["", "jpd.example.org?a=b", "jpd.example.org/#top", "me:secret@jpd.example.org", "[::"]
)
def test_a_public_address_is_bare(rest: str) -> None:
    with pytest.raises(SettingsError) as wrong, environment(public_url=f"https://{rest}"):
        pass

    assert "secret" not in str(wrong.value)
    with environment(public_url="https://jpd.example.org/behind/") as read:
        assert read.public_url == "https://jpd.example.org/behind"


def test_a_managed_identity_and_a_playground_need_less() -> None:
    managed = teams(teams_app_id="a", teams_tenant_id="b", teams_managed_identity=True)
    playground = teams(teams_anonymous=True)

    assert managed is not None
    assert managed.password == ""
    assert playground is not None
    assert playground.app_id == ""


async def test_what_the_settings_make_speaks_with_teams(
    microsoft: FakeMicrosoft, prompts: Prompts, store: SqlStore, database_url: str
) -> None:
    given = {
        "teams_app_id": APP, "teams_app_password": PASSWORD, "teams_tenant_id": HOME,
        "teams_openid_url": microsoft.openid_url, "teams_login_url": microsoft.login_url,
        "public_url": "https://jpd.example.org", "secret_keys": new_key(),
    }  # fmt: skip

    async with AsyncExitStack() as opened:
        read = opened.enter_context(environment(**given, database_url=database_url))
        platforms = await opened.enter_async_context(connect_platforms(read, store, prompts, is_serving=True))
        session = await opened.enter_async_context(ClientSession())
        app = application(platforms.routes, voice=prompts.voice("en"), closing=platforms.closing)
        async with listening(app, "127.0.0.1", 0) as port:
            people = People(microsoft, session, f"http://127.0.0.1:{port}/api/messages")
            people.add("Elin", "tenant-1", installed=True)
            assert (await people.install("Elin")).status == 200
            assert (await people.say("Elin", "status")).status == 200
            async with session.get(f"http://127.0.0.1:{port}/teams/pictures/x.png") as answer:
                assert answer.status == 404

    shown = [reading.shown(line.card) for line in microsoft.world.seen("Elin") if line.by_bot]
    assert len(shown) == 2
    assert all("does not belong to a partnership yet" in each for each in shown)
    assert microsoft.world.faults == []


async def test_who_only_works_has_no_routes(
    microsoft: FakeMicrosoft, prompts: Prompts, store: SqlStore
) -> None:
    with environment(**WHOLE) as read:
        async with connect_platforms(read, store, prompts, is_serving=False) as platforms:
            assert platforms.routes == []
            assert list(platforms.messengers) == list(platforms.directories) == ["teams"]


async def test_without_an_app_id_there_is_a_warning(prompts: Prompts, store: SqlStore) -> None:
    with logs() as found, environment(teams_anonymous=True) as read:
        async with connect_platforms(read, store, prompts, is_serving=True) as platforms:
            assert len(platforms.routes) == 1

    assert [(each["event"], each["log_level"]) for each in found] == [("teams.anonymous", "warning")]


def test_the_command_line_writes_the_package(tmp_path: Path) -> None:
    done = run_jpd(
        "manifest", "teams", "--app-id", APP.upper(), "--url", "https://jpd.example.org/", folder=tmp_path
    )

    assert done.returncode == 0, done.stderr
    assert "jpd-teams.zip is the app for Teams" in done.stdout
    assert (tmp_path / "jpd-teams.zip").stat().st_size > 1_000


@pytest.mark.parametrize(
    "words",
    [
        ["--url", "https://jpd.example.org"],
        ["--app-id", APP],
        ["--app-id", "nonsense", "--url", "https://jpd.example.org"],
        ["--app-id", APP, "--url", "http://jpd.example.org"],
        ["--app-id", APP, "--url", "https://jpd.example.org", "--about", "nowhere"],
    ],
)
def test_the_command_line_says_what_it_needs(tmp_path: Path, words: list[str]) -> None:
    done = run_jpd("manifest", "teams", *words, folder=tmp_path)

    assert done.returncode == 1
    assert "Say where the bot is reached, and its application (client) id" in done.stderr
    assert list(tmp_path.iterdir()) == []
