"""Fresh, migrated databases for the tests, which run on SQLite and on PostgreSQL."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.postgres import Server, running_server

# No deadlines, because machines are shared. In CI every run draws the same examples, elsewhere new ones: an example
# that finds a fault becomes an `@example`.
settings.register_profile("usual", derandomize=bool(os.environ.get("CI")), deadline=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("usual"), max_examples=300)
settings.load_profile("usual")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the cases of a test `long` that its mark `quick_cases` does not name."""
    quick = item.get_closest_marker("quick_cases")
    call = getattr(item, "callspec", None)
    if quick is not None:
        parts = call._idlist if call else ()  # noqa: SLF001  # their order depends on what else is collected
        if not {"-".join(each) for each in permutations(parts)} & set(quick.args):
            item.add_marker("long")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a fresh, migrated database; the test runs once on each kind."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgresql_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database without tables, for the tests of the migrations."""
    fixture = {"sqlite": "empty_sqlite_url", "postgresql": "empty_postgresql_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
def sqlite_url(first_file: Path, tmp_path: Path) -> str:
    copy = tmp_path / "jpd.sqlite"
    shutil.copy(first_file, copy)
    return _sqlite_url(copy)


@pytest.fixture
def first_file(migrated_file: Path) -> Path:
    """Return the SQLite file of which the test gets a copy: journeys may begin with a saved town."""
    return migrated_file


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return _sqlite_url(tmp_path / "jpd.sqlite")


@pytest.fixture
def postgresql_url(postgres: Server, first_template: str) -> Iterator[str]:
    name = postgres.create(template=first_template)
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture
def first_template(migrated_template: str) -> str:
    """Return the name of the PostgreSQL database of which the test gets a copy: see `first_file`."""
    return migrated_template


@pytest.fixture
def empty_postgresql_url(postgres: Server) -> Iterator[str]:
    name = postgres.create()
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start a PostgreSQL server. Where it can't start, the tests that need it fail: they are never skipped."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file, of which each test gets a copy: copying takes a millisecond."""
    file = tmp_path_factory.mktemp("migrated") / "jpd.sqlite"
    _upgrade(_sqlite_url(file))
    with closing(sqlite3.connect(file)) as connection:
        # What is still in the write-ahead log would be missing from the copy.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres: Server) -> Iterator[str]:
    """Migrate one PostgreSQL database, of which each test gets a copy; return its name."""
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
