"""The commands of docs/operate.md bring back everything: they are run as they stand there, on both databases."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, make_url, select

from adapters.cli.main import main
from storage import migrate
from storage.drivers.engines import migration_engine
from tests.repository.documents import commands, document
from tests.support.places import PROMPTS, ROOT
from tests.support.postgres import RELEASE, WHEEL

SQLITE_URL = "sqlite+aiosqlite:///jpd.sqlite"
NOW = "2026-11-28-0900"
OLDER = "0005"
"""The revision before the one that brought new tables."""


def block_of(section: str, tool: str) -> str:
    """Return the one shell block of that section which uses the tool."""
    [found] = [each for each in document("docs/operate.md").section(section).blocks("sh") if tool in each]
    return found


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, by table."""
    engine = migration_engine(url)
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        rows = {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
        }
    engine.dispose()
    return rows


def fill(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tables and import the sample roster."""
    monkeypatch.setenv("JPD_DATABASE_URL", url)
    migrate.upgrade(url)
    with pytest.raises(SystemExit, match="0"):
        main(["import", "prompts/sample/roster.csv"])


def lose_with_a_write_ahead_log(file: Path) -> None:
    """Leave what a killed process leaves: a write-ahead log with a change, which SQLite would play back."""
    log = file.with_name(f"{file.name}-wal")
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("DELETE FROM profile")
    connection.commit()
    left = log.read_bytes()
    connection.close()
    file.write_bytes(b"lost")
    log.write_bytes(left)


def for_tools(url: str) -> str:
    """Return the URL as PostgreSQL's own tools take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def with_psycopg(url: str) -> str:
    """Return the URL that PostgreSQL's own tools refuse."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Run shell lines in an empty folder, with our own `jpd`, `.venv/bin/python`, `date` and PostgreSQL's tools."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").symlink_to(PROMPTS)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    ours = {
        "jpd": f"exec {sys.executable} -m adapters.cli",
        "python": f"exec {sys.executable}",
        "date": f"echo {NOW} #",
    }
    for name, start in ours.items():
        (programs / name).write_text(f'#!/bin/sh\n{start} "$@"\n')
        (programs / name).chmod(0o755)
    spec = importlib.util.find_spec(WHEEL)
    assert spec is not None
    assert spec.submodule_search_locations
    tools = Path(spec.submodule_search_locations[0]) / RELEASE / "bin"
    path = os.pathsep.join([str(programs), str(tools), os.environ["PATH"]])

    def run_lines(lines: str, url: str) -> None:
        done = subprocess.run(
            ["bash", "-eu", "-c", lines],
            env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "JPD_DATABASE_URL": url},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    return run_lines


def test_a_backup_of_sqlite_brings_back_everything(
    run: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(SQLITE_URL, monkeypatch)
    before = everything(SQLITE_URL)
    run(block_of("Back up", "VACUUM INTO"), SQLITE_URL)

    lose_with_a_write_ahead_log(tmp_path / "jpd.sqlite")
    *put_back, migrate_it = commands(block_of("Restore", "cp "))
    run("\n".join(put_back), SQLITE_URL)
    with closing(sqlite3.connect(tmp_path / "jpd.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    run(migrate_it, SQLITE_URL)

    assert len(before["member"]) > 10
    assert everything(SQLITE_URL) == before


def test_a_backup_of_sqlite_never_overwrites_another(
    run: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(SQLITE_URL, monkeypatch)
    (tmp_path / f"jpd-{NOW}.sqlite").write_bytes(b"last week's")

    with pytest.raises(AssertionError, match=r"already exists|file is not a database"):
        run(block_of("Back up", "VACUUM INTO"), SQLITE_URL)

    assert (tmp_path / f"jpd-{NOW}.sqlite").read_bytes() == b"last week's"


HARMS = (
    "DELETE FROM post; DELETE FROM profile; DELETE FROM member",
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
)


def test_a_backup_of_postgresql_brings_back_everything(
    run: Callable[[str, str], None],
    empty_postgresql_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = empty_postgresql_url
    fill(url, monkeypatch)
    before = everything(url)
    (tmp_path / ".env").write_text(f'JPD_PORT=3978\nJPD_DATABASE_URL="{with_psycopg(url)}"\n')
    url_in_the_shell = block_of("Back up", "export JPD_DATABASE_URL")
    run(url_in_the_shell + block_of("Back up", "pg_dump"), "")

    assert len(before["member"]) > 10
    for harm in HARMS:
        engine = create_engine(with_psycopg(url))
        with engine.begin() as connection:
            connection.exec_driver_sql(harm)
        engine.dispose()
        assert everything(url) != before
        run(url_in_the_shell + block_of("Restore", "pg_restore"), "")
        assert everything(url) == before
    assert not (tmp_path / "jpd-restore.sql").exists()


def test_a_damaged_backup_of_postgresql_leaves_the_database_as_it_was(
    run: Callable[[str, str], None],
    empty_postgresql_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = for_tools(empty_postgresql_url)
    fill(url, monkeypatch)
    before = everything(url)
    run(block_of("Back up", "pg_dump"), url)
    backup = tmp_path / f"jpd-{NOW}.dump"
    backup.write_bytes(backup.read_bytes()[:-2000])

    # A shell goes on after the error: `false` in the last line's place makes it show.
    with pytest.raises(AssertionError, match="pg_restore: error"):
        run(block_of("Restore", "pg_restore").replace("jpd migrate", "false"), url)

    assert everything(url) == before


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_older_backup_is_restored_over_a_newer_database(
    run: Callable[[str, str], None], database: str, request: pytest.FixtureRequest
) -> None:
    url = SQLITE_URL if database == "sqlite" else for_tools(request.getfixturevalue("empty_postgresql_url"))
    migrate.upgrade(url, OLDER)
    engine = migration_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO partnership (id, name, language) VALUES (7, 'Town', 'en')")
    older_tables = everything(url).keys()
    run(block_of("Back up", "VACUUM INTO" if database == "sqlite" else "pg_dump"), url)
    migrate.upgrade(url)
    upgraded = everything(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM partnership")
    engine.dispose()

    run(block_of("Restore", "cp " if database == "sqlite" else "pg_restore"), url)

    assert upgraded.keys() - older_tables, "the newer release has no new table: choose another revision"
    assert everything(url) == upgraded
