"""Towns that are played once, saved with their database, and restored for each further test that begins there.

A test file names its beginning, an async function that plays it, and its tests take the fixture `town`:

    pytestmark = begins_with(first_question_asked)

The beginning is played once per road and kind of database (and worker of pytest).
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import Town, new_town
from tests.support.marks import param_of
from tests.support.postgres import Server

Beginning: TypeAlias = Callable[[SqlStore, Prompts], Awaitable[Town]]
Key: TypeAlias = tuple[Beginning, object, object]


def begins_with(beginning: Beginning) -> pytest.MarkDecorator:
    """Return the mark of tests whose town is played by this function."""
    return pytest.mark.begins.with_args(beginning)


@dataclass(frozen=True, slots=True)
class SavedTown:
    """A town at its beginning: its database, and what people have said and seen."""

    database: str
    """The path of a SQLite file, or the name of a PostgreSQL database."""
    prompts: Prompts
    partnership: str
    played: bytes

    def restore(self, store: SqlStore) -> Town:
        """Return the town as it was saved; the store's database must be a copy of `database`."""
        played = pickle.loads(self.played)  # noqa: S301  # written by this process
        town = new_town(store, self.prompts, played["now"], self.partnership)
        town.resume(played)
        return town


@dataclass
class SavedTowns:
    """The saved towns of one worker of pytest."""

    folder: Path
    _saved: dict[Key, SavedTown] = field(default_factory=dict)

    def find(self, test: pytest.Item) -> SavedTown | None:
        """Return the saved town in which a test begins, None where it is not saved yet or there is none."""
        key = _key(test)
        return self._saved.get(key) if key else None

    async def begin(
        self, test: pytest.Item, store: SqlStore, prompts: Prompts, database_url: str, server: Server | None
    ) -> Town:
        """Return the town in which a test begins; play and save it where it is not saved yet."""
        key = _key(test)
        assert key is not None, "the test has no mark `begins`"
        if key not in self._saved:
            town = await key[0](store, prompts)
            await (
                store.close()
            )  # PostgreSQL copies a database only while nobody is connected; the store opens it again
            copy = self._copy(database_url, server)
            self._saved[key] = SavedTown(copy, town.prompts, town.partnership, pickle.dumps(town.played()))
        return self._saved[key].restore(store)

    def _copy(self, database_url: str, server: Server | None) -> str:
        if server is not None:
            return server.create(template=database_url.rpartition("/")[2].partition("?")[0])
        copy = self.folder / f"{len(self._saved)}.sqlite"
        with closing(sqlite3.connect(database_url.partition(":///")[2])) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        return str(copy)


def _key(test: pytest.Item) -> Key | None:
    mark = test.get_closest_marker("begins")
    if mark is None or "town" not in getattr(test, "fixturenames", ()):
        return None
    return mark.args[0], param_of(test, "road"), param_of(test, "database_url")
