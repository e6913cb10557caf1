"""Migrating the database up and down, and comparing it with `tables`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.drivers.at_rest import make_private, remove_deleted
from storage.drivers.engines import migration_engine, parse_url
from storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 6_073_341_517
"""An arbitrary number for a PostgreSQL lock, so that two releases started at once migrate one after the other."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to the newest revision, or to this one, wholly or not at all.

    A SQLite file is closed to other users of the machine.
    """
    file = parse_url(url).database or ""
    is_sqlite = parse_url(url).get_backend_name() == "sqlite"
    if is_sqlite:
        make_private(file)
    with _connected(url) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(_config(connection), revision)
        after = MigrationContext.configure(connection).get_current_revision()
    if is_sqlite and before not in (None, after):
        remove_deleted(file)


def downgrade(url: str, revision: str = "-1") -> None:
    """Revert the last migration, or all after that revision (`base`: every one)."""
    with _connected(url) as connection:
        command.downgrade(_config(connection), revision)


def check(url: str) -> tuple[str, ...]:
    """Return each difference between the database and `tables`."""
    with _connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
        if context.get_current_revision() != newest:
            return (f"revision {context.get_current_revision()} instead of {newest}",)
        return tuple(repr(each) for each in compare_metadata(context, metadata))


@cache
def newest() -> str:
    """Return the newest revision of this release."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def draft(message: str) -> None:
    """Write the next revision from what changed in `tables`; read it before committing it."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.sqlite"
        upgrade(url)
        with _connected(url) as connection:
            config = _config(connection)
            newest = ScriptDirectory.from_config(config).get_current_head()
            number = f"{int(newest or 0) + 1:04}"
            command.revision(config, message=message, autogenerate=True, rev_id=number)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """Connect in one transaction that no other migration can run beside."""
    engine = migration_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": ADVISORY_LOCK})
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
