"""An event as a platform's adapter has read it, before the clock of the edge gives it its time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from bot.events import Event, What
from bot.model import Address
from bot.prompts import Voice

Target_co = TypeVar("Target_co", covariant=True)

VoiceOf: TypeAlias = Callable[[Address], Awaitable[Voice]]
"""Returns the voice in the language of the person at an address."""


@dataclass(frozen=True, slots=True)
class Received(Generic[Target_co]):
    """Something that happened on a platform, and where the reply to it goes."""

    id: str
    sender: Address
    what: What
    target: Target_co

    def event(self, at: datetime, *, comes_again: bool = False) -> Event:
        """Return the event that the core handles."""
        return Event(id=self.id, at=at, sender=self.sender, what=self.what, comes_again=comes_again)
