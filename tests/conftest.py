"""Databases for the tests: fresh and migrated, and the same test on SQLite and on PostgreSQL."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.postgres import Server, running_server

# In CI the same examples on every run; no deadlines, because the machines are shared. At home every run draws
# new examples: what one of them finds becomes an `@example`.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("home", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "home")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, fully migrated database: a test that takes it runs on both kinds."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgresql_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without any table, for the tests of the migrations themselves."""
    fixture = {"sqlite": "empty_sqlite_url", "postgresql": "empty_postgresql_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    copy = tmp_path / "jpd.sqlite"
    shutil.copyfile(migrated_file, copy)
    return _sqlite_url(copy)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return _sqlite_url(tmp_path / "jpd.sqlite")


@pytest.fixture
def postgresql_url(postgres: Server, migrated_template: str) -> Iterator[str]:
    name = postgres.create(template=migrated_template)
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture
def empty_postgresql_url(postgres: Server) -> Iterator[str]:
    name = postgres.create()
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL server. Where it can't start, the tests that need it fail: they are never skipped."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating once and copying takes a millisecond a test."""
    file = tmp_path_factory.mktemp("migrated") / "jpd.sqlite"
    _upgrade(_sqlite_url(file))
    with closing(sqlite3.connect(file)) as connection:
        # What is still in the write-ahead log would be missing from the copy.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres: Server) -> Iterator[str]:
    """The name of a migrated PostgreSQL database that others are copied from."""
    name = postgres.create()
    _upgrade(postgres.url_of(name))
    postgres.freeze(name)
    yield name
    postgres.drop(name)


def _upgrade(url: str) -> None:
    from storage.migrate import upgrade

    upgrade(url)


def _sqlite_url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"
