"""The store: transactions, and within each the queries of one noun at a time."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.ports.cycle import Challenges, CheckIns, Cycles, Notes, Pairings
from bot.ports.ledger import Deliveries, Digests, Events, Lanes
from bot.ports.people import Accounts, Files, Members, Schools, Workspaces


class Store(Protocol):
    """The store that all processes share. Both methods raise `StoreAway` while it does not answer."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction. Leaving the block commits, an exception rolls back. Never use the network inside.

        Raises `Conflict` where another transaction was in the way, and `StoreAway`.
        """

    async def now(self) -> datetime:
        """Return the time by the store's clock, which is the same for all processes."""


class Tx(Protocol):
    """One open transaction, with the queries by noun."""

    def undone(self) -> AbstractAsyncContextManager[None]:
        """Open a block whose changes are undone when it ends, so that it can be seen what they would do."""

    @property
    def events(self) -> Events: ...
    @property
    def schools(self) -> Schools: ...
    @property
    def members(self) -> Members: ...
    @property
    def cycles(self) -> Cycles: ...
    @property
    def pairings(self) -> Pairings: ...
    @property
    def check_ins(self) -> CheckIns: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def lanes(self) -> Lanes: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def files(self) -> Files: ...
    @property
    def workspaces(self) -> Workspaces: ...
    @property
    def accounts(self) -> Accounts: ...
