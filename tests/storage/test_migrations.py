from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from storage.drivers.engines import migration_engine
from storage.migrate import check, downgrade, newest, upgrade
from storage.tables import metadata


def table_names(url: str) -> set[str]:
    engine = migration_engine(url)
    with engine.begin() as connection:
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def index_words(index: ReflectedIndex) -> str:
    conditions = {name: str(option) for name, option in index.get("dialect_options", {}).items()}
    return f"{index['name']} {index['column_names']} {index['unique']} {conditions}"


def everything_in(connection: Connection) -> Iterator[object]:
    """Return everything that `check` compares, and constraints and partial indexes, which it does not."""
    inspector = inspect(connection)
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        yield (
            table,
            sorted((each["name"] or "", each["sqltext"]) for each in inspector.get_check_constraints(table)),
        )
        yield table, sorted(map(index_words, inspector.get_indexes(table)))
        yield table, sorted(map(repr, inspector.get_foreign_keys(table)))
        yield table, sorted(map(repr, inspector.get_unique_constraints(table)))
        yield table, inspector.get_pk_constraint(table)
        yield (
            table,
            sorted(
                (each["name"], repr(each["type"]), each["nullable"]) for each in inspector.get_columns(table)
            ),
        )
    if connection.dialect.name == "sqlite":
        indexes = text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        )
        yield from connection.execute(indexes)
        numbered = text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name")
        yield from connection.execute(numbered).scalars()


def test_a_migrated_database_is_what_the_tables_say(database_url: str) -> None:
    assert check(database_url) == ()


def test_migrating_makes_exactly_what_the_tables_would_make(empty_database_url: str) -> None:
    engine = migration_engine(empty_database_url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        as_made = list(everything_in(connection))
        metadata.drop_all(connection)
    upgrade(empty_database_url)
    with engine.begin() as connection:
        as_migrated = list(everything_in(connection))

    differing = [("migrated", each) for each in as_migrated if each not in as_made]
    differing += [("made", each) for each in as_made if each not in as_migrated]
    assert not differing, "\n".join(f"{where}: {each}" for where, each in differing)
    assert as_migrated == as_made


def test_down_to_nothing_and_up_again_ends_where_it_began(database_url: str) -> None:
    downgrade(database_url, "base")
    assert table_names(database_url) == set()

    upgrade(database_url)
    assert check(database_url) == ()


def test_the_last_migration_alone_can_be_taken_back(database_url: str) -> None:
    downgrade(database_url)

    assert check(database_url) != ()


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    upgrade(database_url)

    assert check(database_url) == ()


def test_a_database_that_was_never_migrated_is_reported_as_such(empty_database_url: str) -> None:
    assert check(empty_database_url) == (f"revision None instead of {newest()}",)


def test_a_table_that_nobody_planned_is_a_difference(database_url: str) -> None:
    engine = migration_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE surprise (id integer)"))
    engine.dispose()

    (difference,) = check(database_url)
    assert "surprise" in difference


async def test_upgrading_works_while_an_event_loop_runs(empty_database_url: str) -> None:
    upgrade(empty_database_url)

    assert check(empty_database_url) == ()


def test_a_folder_with_a_percent_sign_in_its_name_is_a_good_place(tmp_path: Path) -> None:
    folder = tmp_path / "100%"
    folder.mkdir()

    upgrade(f"sqlite+aiosqlite:///{folder}/jpd.sqlite")

    assert (folder / "jpd.sqlite").exists()


def test_a_database_of_another_kind_is_refused_without_telling_the_password() -> None:
    with pytest.raises(ValueError, match="neither SQLite nor PostgreSQL") as refused:
        upgrade("mysql://jpd:secret@db.test/jpd")

    assert "secret" not in str(refused.value)
