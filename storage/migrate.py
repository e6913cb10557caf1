"""The store's migrations: up, down, and whether the database is what `tables` says."""

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

from storage.drivers.engines import migration_engine
from storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
OURS_ALONE = 6_073_341_517
"""Any number, as long as nobody else locks the same: two releases at once migrate one after the other."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to the newest revision, or to this one, wholly or not at all."""
    with _connected(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str = "-1") -> None:
    """Take back the last migration, or all up to that revision (`base`: everything)."""
    with _connected(url) as connection:
        command.downgrade(_config(connection), revision)


def check(url: str) -> tuple[str, ...]:
    """What differs between the database and `tables`, one line each; nothing when all is well."""
    with _connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
        if context.get_current_revision() != newest:
            return (f"revision {context.get_current_revision()} instead of {newest}",)
        return tuple(repr(each) for each in compare_metadata(context, metadata))


@cache
def newest() -> str:
    """The revision that this release knows."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def draft(words: str) -> None:
    """Write the next revision from what changed in `tables`; read it before committing it."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.sqlite"
        upgrade(url)
        with _connected(url) as connection:
            config = _config(connection)
            newest = ScriptDirectory.from_config(config).get_current_head()
            number = f"{int(newest or 0) + 1:04}"
            command.revision(config, message=words, autogenerate=True, rev_id=number)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection in one transaction, on which nobody else migrates at the same time."""
    engine = migration_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:ours)"), {"ours": OURS_ALONE})
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
