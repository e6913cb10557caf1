"""A host of web applications gives `PORT` and `DATABASE_URL`, and starts what the Procfile says."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession

from adapters.chat.settings import SettingsError
from adapters.cli import settings
from tests.support.command_line import COMMAND, database_in, process_environment
from tests.support.limits import HANG
from tests.support.places import ROOT


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("JPD_", "PORT", "DATABASE_URL"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # where no `.env` lies


@pytest.mark.parametrize(
    ("given", "host", "port", "database"),
    [
        ({}, "127.0.0.1", 3978, "sqlite+aiosqlite:///jpd.sqlite"),
        ({"PORT": "5055"}, "0.0.0.0", 5055, "sqlite+aiosqlite:///jpd.sqlite"),  # noqa: S104  # as such a host wants it
        ({"PORT": "", "DATABASE_URL": ""}, "127.0.0.1", 3978, "sqlite+aiosqlite:///jpd.sqlite"),
        ({"DATABASE_URL": "postgres://a@b/c"}, "127.0.0.1", 3978, "postgres://a@b/c"),
        ({"PORT": "5055", "JPD_HOST": "127.0.0.1"}, "127.0.0.1", 5055, "sqlite+aiosqlite:///jpd.sqlite"),
        ({"PORT": "5055", "JPD_PORT": "4000"}, "0.0.0.0", 4000, "sqlite+aiosqlite:///jpd.sqlite"),  # noqa: S104  # the same
        (
            {"DATABASE_URL": "postgres://a@b/c", "JPD_DATABASE_URL": "sqlite+aiosqlite:///own.sqlite"},
            "127.0.0.1", 3978, "sqlite+aiosqlite:///own.sqlite",
        ),
    ],
)  # fmt: skip
def test_what_the_host_gives_is_taken_and_the_bots_own_settings_win(
    given: dict[str, str], host: str, port: int, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    read = settings.read()

    assert (read.host, read.port, read.database_url) == (host, port, database)


def test_a_port_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "web")

    with pytest.raises(SettingsError, match="PORT"):
        settings.read()


def test_an_anonymous_teams_never_starts_on_such_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.chat.settings import read_platform
    from adapters.teams.platform import TeamsSettings

    monkeypatch.setenv("PORT", "5055")
    monkeypatch.setenv("JPD_TEAMS_ANONYMOUS", "true")

    with pytest.raises(SettingsError, match="JPD_TEAMS_ANONYMOUS: believes anybody"):
        read_platform(TeamsSettings, settings.read().deployment)


def processes() -> dict[str, list[str]]:
    """Return the command of each line of the Procfile."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: shlex.split(command) for name, _, command in (line.partition(":") for line in lines)}


@pytest.mark.long  # three processes of Python, one after another
async def test_what_the_procfile_starts_is_reached_from_outside(tmp_path: Path) -> None:
    found = processes()
    assert list(found) == ["release", "web", "worker"]
    port = free_port()
    given = process_environment(PORT=str(port), DATABASE_URL=database_in(tmp_path))
    release = [sys.executable, "-m", "adapters.cli", *found["release"][1:]]
    done = await asyncio.to_thread(
        subprocess.run, release, env=given, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0
    running = [
        await asyncio.create_subprocess_exec(
            *COMMAND, *found[name][1:], env=given, cwd=tmp_path, stdout=subprocess.PIPE
        )
        for name in ("web", "worker")
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), HANG)
        outside = socket.gethostbyname(socket.gethostname())
        async with ClientSession() as session, session.get(f"http://{outside}:{port}/readyz") as answer:
            assert answer.status == 200
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), HANG) == 0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104  # where the bot will listen
        port: int = taken.getsockname()[1]
        return port
