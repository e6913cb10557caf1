"""The store: transactions, and the queries within one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Busy, Conflict, StoreAway
from storage.drivers.at_rest import empty_journal
from storage.drivers.engines import USUAL, Connections, async_engine, is_away, is_busy, is_conflict
from storage.queries.accounts import SqlAccounts
from storage.queries.challenges import SqlChallenges
from storage.queries.check_ins import SqlCheckIns
from storage.queries.cycles import Packs, SqlCycles
from storage.queries.deliveries import SqlDeliveries
from storage.queries.digests import SqlDigests
from storage.queries.events import SqlEvents
from storage.queries.files import SqlFiles
from storage.queries.lanes import SqlLanes
from storage.queries.members import SqlMembers
from storage.queries.notes import SqlNotes
from storage.queries.pairings import SqlPairings
from storage.queries.schools import SqlSchools
from storage.queries.workspaces import SqlWorkspaces
from storage.secrets import Seal, new_key


class SqlTx:
    """One open transaction."""

    def __init__(self, connection: AsyncConnection, seal: Seal, packs: Packs) -> None:
        self.connection = connection
        self._seal = seal
        self._packs = packs

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        """Undo the changes of a block at its end, with what queries have remembered in it."""
        async with self.connection.begin_nested() as savepoint:
            try:
                yield
            finally:
                await savepoint.rollback()
                for name in vars(self).keys() - {"connection", "_seal", "_packs"}:
                    delattr(self, name)

    @cached_property
    def events(self) -> SqlEvents:
        return SqlEvents(self.connection)

    @cached_property
    def schools(self) -> SqlSchools:
        return SqlSchools(self.connection)

    @cached_property
    def members(self) -> SqlMembers:
        return SqlMembers(self.connection, self._seal)

    @cached_property
    def cycles(self) -> SqlCycles:
        return SqlCycles(self.connection, self._packs)

    @cached_property
    def pairings(self) -> SqlPairings:
        return SqlPairings(self.connection, self.members)

    @cached_property
    def check_ins(self) -> SqlCheckIns:
        return SqlCheckIns(self.connection, self.cycles, self.deliveries)

    @cached_property
    def challenges(self) -> SqlChallenges:
        return SqlChallenges(self.connection)

    @cached_property
    def notes(self) -> SqlNotes:
        return SqlNotes(self.connection)

    @cached_property
    def deliveries(self) -> SqlDeliveries:
        return SqlDeliveries(self.connection)

    @cached_property
    def lanes(self) -> SqlLanes:
        return SqlLanes(self.connection)

    @cached_property
    def digests(self) -> SqlDigests:
        return SqlDigests(self.connection)

    @cached_property
    def files(self) -> SqlFiles:
        return SqlFiles(self.connection, self._seal)

    @cached_property
    def workspaces(self) -> SqlWorkspaces:
        return SqlWorkspaces(self.connection)

    @cached_property
    def accounts(self) -> SqlAccounts:
        return SqlAccounts(self.connection)


class SqlStore:
    """The store on SQLite or PostgreSQL, migrated before (`storage.migrate.upgrade`)."""

    def __init__(
        self, url: str, *, keys: Sequence[str] = (), durable: bool = True, connections: Connections = USUAL
    ) -> None:
        """Open the store; `keys` seal typed text that is kept. Without any, a key of this process does."""
        self._engine = async_engine(url, durable=durable, connections=connections)
        self._seal = Seal(keys or (new_key(),))
        self._packs: Packs = {}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTx]:
        """Open a transaction: leaving the block commits, raising rolls back.

        On SQLite only one is open at a time: opening another inside it waits for itself and fails with a time-out.
        """
        with _core_errors():
            async with self._engine.connect() as connection:
                async with connection.begin():
                    yield SqlTx(connection, self._seal, self._packs)
                await empty_journal(connection)

    async def now(self) -> datetime:
        """Return the time by PostgreSQL's clock, so that workers' clocks don't matter, or the machine's on SQLite."""
        with _core_errors():
            async with self._engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    seconds = await connection.scalar(text("SELECT (julianday('now') - 2440587.5) * 86400.0"))
                    return datetime.fromtimestamp(seconds, UTC)
                moment: datetime = await connection.scalar(text("SELECT clock_timestamp()"))
                return moment.astimezone(UTC)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@contextmanager
def _core_errors() -> Iterator[None]:
    """Translate database errors into `Busy`, `StoreAway` and `Conflict`."""
    try:
        yield
    except SQLAlchemyError as error:
        if is_busy(error):
            raise Busy from error
        if is_away(error):
            raise StoreAway from error
        if is_conflict(error):
            raise Conflict from error
        raise
