"""SQLite's files: who may read them, and what stands in them after somebody's words were erased."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.model import Answer, Note, Share
from storage.drivers.at_rest import is_readable_by_others, is_writable_by_others
from storage.migrate import upgrade
from storage.store import SqlStore, SqlTx
from tests.storage.world import HOUR, NOW, World

MARKER = "zanzibar-marker"
LONG = f"{MARKER} and so on. " * 400
"""Several pages of text: an answer of a few words shares its page with others."""


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


def files_of(database: Path) -> list[Path]:
    return sorted(database.parent.glob(f"{database.name}*"))


def times_in_files(database: Path) -> int:
    return sum(file.read_bytes().count(MARKER.encode()) for file in files_of(database))


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """Let new files be readable by everybody, as on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_to_all")
async def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite"
    url = f"sqlite+aiosqlite:///{file}"
    upgrade(url)
    store = SqlStore(url)
    await World.begin(store)

    modes = {each.name: mode_of(each) for each in files_of(file)}
    await store.close()

    assert modes == {"new.sqlite": 0o600, "new.sqlite-shm": 0o600, "new.sqlite-wal": 0o600}


@pytest.mark.usefixtures("open_to_all")
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o660, 0o604])
def test_a_database_of_an_earlier_release_becomes_its_owners_alone(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(file)) as before:
        before.execute("PRAGMA journal_mode = WAL")
        before.execute("CREATE TABLE something (x)")
        for each in files_of(file):
            each.chmod(mode)
        upgrade(f"sqlite+aiosqlite:///{file}")
        modes = {mode_of(each) for each in files_of(file)}

    assert modes == {0o600}


def test_a_folder_that_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open"):
        upgrade(f"sqlite+aiosqlite:///{tmp_path}/missing/jpd.sqlite")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mode", "readable", "writable"),
    [
        (0o600, False, False),
        (0o700, False, False),
        (0o644, True, False),
        (0o640, True, False),
        (0o755, True, False),
        (0o775, True, True),
        (0o777, True, True),
        (0o1777, True, False),
    ],
)
def test_what_others_may_do_is_read_from_the_mode(
    tmp_path: Path, mode: int, readable: bool, writable: bool
) -> None:
    tmp_path.chmod(mode)

    assert is_readable_by_others(tmp_path) == readable
    assert is_writable_by_others(tmp_path) == writable


# --- what was erased ------------------------------------------------------------------------------------------------


async def say_much(world: World, name: str = "Anest") -> tuple[int, int]:
    """Let a member answer, challenge and write a note; return the ids of the check-in and the note."""
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = await world.ask(tx, name, pairing)
        await tx.check_ins.answer(
            Answer(check_in_id=asked.id, question="q", text=LONG, share=Share.ME, language="en", given_at=NOW)
        )
        note = Note(id=0, pairing_id=pairing.id, author_id=world.members[name], text=LONG, sent_at=NOW)
        kept = await tx.notes.add(note)
    return asked.id, kept.id


async def forget(world: World, tx: SqlTx, _: int, __: int) -> None:
    await tx.members.forget(world.members["Anest"], NOW + HOUR)


async def take_back(_: World, tx: SqlTx, check_in_id: int, note_id: int) -> None:
    await tx.check_ins.take_back(check_in_id)
    await tx.notes.set_text(note_id, "")


async def write_something_else(_: World, tx: SqlTx, check_in_id: int, note_id: int) -> None:
    other = Answer(
        check_in_id=check_in_id, question="q", text="Short.", share=Share.ME, language="en", given_at=NOW
    )
    await tx.check_ins.answer(other)
    await tx.notes.set_text(note_id, "Short.")


Erase = Callable[[World, SqlTx, int, int], Awaitable[None]]


@pytest.mark.parametrize("erase", [forget, take_back, write_something_else])
async def test_no_file_holds_what_was_erased_while_the_process_runs(sqlite_url: str, erase: Erase) -> None:
    store = SqlStore(sqlite_url)
    database = Path(sqlite_url.partition("///")[2])
    world = await World.begin(store)
    ids = await say_much(world)
    assert times_in_files(database) >= 700, "else the test looks in the wrong place"

    async with store.transaction() as tx:
        await erase(world, tx, *ids)

    assert times_in_files(database) == 0
    await store.close()


async def test_while_another_process_reads_the_next_transaction_empties_the_journal(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    database = Path(sqlite_url.partition("///")[2])
    world = await World.begin(store)
    ids = await say_much(world)
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM answer").fetchone()
        async with store.transaction() as tx:
            await forget(world, tx, *ids)
        assert times_in_files(database) > 0
        reader.execute("COMMIT")

    async with store.transaction() as tx:
        await tx.members.get(world.members["Tama"])

    assert times_in_files(database) == 0
    await store.close()


def test_an_upgrade_removes_what_an_earlier_release_deleted_and_left_in_the_file(
    empty_sqlite_url: str,
) -> None:
    database = Path(empty_sqlite_url.partition("///")[2])
    upgrade(empty_sqlite_url, "0005")
    with closing(sqlite3.connect(database)) as earlier:
        earlier.execute("PRAGMA secure_delete = OFF")
        earlier.execute("CREATE TABLE something (x)")
        earlier.execute("INSERT INTO something VALUES (?)", (LONG,))
        earlier.commit()
        earlier.execute("DROP TABLE something")
        earlier.commit()
    assert times_in_files(database) > 0

    upgrade(empty_sqlite_url)

    assert times_in_files(database) == 0
