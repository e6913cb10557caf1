"""The shared store, and an open transaction, a noun at a time."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.ports.cycle import Challenges, CheckIns, Cycles, Notes, Pairings
from bot.ports.ledger import Deliveries, Digests, Events, Lanes
from bot.ports.people import Members, Schools, Workspaces


class Store(Protocol):
    """The shared store. Both raise `StoreAway` while it does not answer."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction: leaving the block commits, raising rolls back. No network inside, ever.

        Raises `Conflict` where two would wait for each other, and `StoreAway`.
        """

    async def now(self) -> datetime:
        """The time on the one clock that all processes share."""


class Tx(Protocol):
    """One open transaction, a noun at a time."""

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
    def workspaces(self) -> Workspaces: ...
