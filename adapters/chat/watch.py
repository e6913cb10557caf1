"""What a platform says about itself, noted in the store for `jpd doctor` and for coordinators."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.errors import StoreAway

HEARD_AGAIN = timedelta(hours=1)
"""Within this time an event of the same platform is not noted again by this process."""


class NoteKind(StrEnum):
    """The kinds of notes."""

    HEARD = "heard"
    """An event has come from the platform."""
    RESTS = "rests"
    """A workspace takes nothing now; `reason` is the platform's word."""
    REFUSED = "refused"
    """The platform has refused to show an answer."""
    MADE = "made"
    """An app was made from the manifest; `reason` is its version."""


class Notes(Protocol):
    """Notes on one platform, kept in the store: one of each kind for a workspace, with times and a count."""

    async def add(self, kind: str, now: datetime, *, workspace: str = "", reason: str = "") -> None:
        """Store a note, or count one that is there."""

    async def clear(self, kind: str, *, workspace: str = "") -> None:
        """Delete a note."""


class NoNotes:
    """Notes that nobody keeps: for an adapter in a test."""

    async def add(self, kind: str, now: datetime, *, workspace: str = "", reason: str = "") -> None:
        """Do nothing."""

    async def clear(self, kind: str, *, workspace: str = "") -> None:
        """Do nothing."""


class Watch:
    """A platform's notes, for its adapter: while the store is away nothing is noted, and nothing else fails."""

    def __init__(self, notes: Notes, now: Callable[[], datetime]) -> None:
        self._notes = notes
        self._now = now
        self._heard_at: datetime | None = None

    async def heard(self) -> None:
        """Note that the platform has brought an event."""
        now = self._now()
        if self._heard_at is None or not self._heard_at <= now < self._heard_at + HEARD_AGAIN:
            with suppress(StoreAway):
                await self._notes.add(NoteKind.HEARD, now)
                self._heard_at = now

    async def refused(self) -> None:
        """Note that the platform has refused to show an answer."""
        with suppress(StoreAway):
            await self._notes.add(NoteKind.REFUSED, self._now())

    async def rests(self, workspace: str, reason: str) -> None:
        """Note that a workspace takes nothing now, with the platform's reason; without a reason: that it works."""
        with suppress(StoreAway):
            if reason:
                await self._notes.add(NoteKind.RESTS, self._now(), workspace=workspace, reason=reason)
            else:
                await self._notes.clear(NoteKind.RESTS, workspace=workspace)
