"""Answers to a platform that waits only for a short time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

import structlog

from bot.errors import Busy

log = structlog.get_logger()

T = TypeVar("T")

Patience: TypeAlias = Callable[[], Awaitable[object]]
"""Makes an awaitable that ends when the platform must have its answer."""

Pause: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for some seconds."""

LIMITED_EVENT = "events.left-out"
"""The event in the log where a platform says that it brings no more events for a while, which is counted."""
SECONDS_TO_FINISH = 10
MOST_TURNS = 64
"""The turns that wait for the store at once: as many as even a slow disk serves within some seconds."""


@dataclass(frozen=True, slots=True)
class RealTime:
    """Everything that takes real time when a platform is answered; tests put a time of their own in its place."""

    patience: Patience
    pause: Pause = asyncio.sleep


def seconds(number: float) -> Patience:
    """Return a patience of this many seconds."""
    return partial(asyncio.sleep, number)


class InTime:
    """Runs turns, each of which becomes late when the platform's patience ends; late turns go on in the background."""

    def __init__(self, patience: Patience, name: str, most: int = MOST_TURNS) -> None:
        """`name`: the platform's, for the log. `most`: the turns that may be under way at once."""
        self._patience = patience
        self._most = most
        self._under_way = 0
        self._failure = f"{name}.late-turn-failed"
        self._late: set[asyncio.Task[Any]] = set()

    async def answer(
        self,
        turn: Callable[[asyncio.Event], Awaitable[T]],
        one_moment: Callable[[], Awaitable[T]],
        *,
        at_any_rate: bool = False,
    ) -> T:
        """Return the turn's answer; when patience ends first, return `one_moment`'s and let the turn go on.

        The turn is given an event that is set when it has become late. In time, it raises here; late, its error is
        logged. Raises `Busy`, before anything is begun, if too many turns are under way; not if it must be taken
        `at_any_rate`, because the platform does not bring it again.
        """
        if self._under_way >= self._most and not at_any_rate:
            raise Busy
        late = asyncio.Event()
        running = asyncio.create_task(_run(turn, late))
        self._under_way += 1
        running.add_done_callback(self._finished)
        patience = asyncio.ensure_future(self._patience())
        try:
            await asyncio.wait({running, patience}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
        if running.done():
            return running.result()
        late.set()
        self._late.add(running)
        running.add_done_callback(self._ended)
        return await one_moment()

    def _finished(self, _: asyncio.Task[Any]) -> None:
        self._under_way -= 1

    def _ended(self, turn: asyncio.Task[Any]) -> None:
        self._late.discard(turn)
        if not turn.cancelled() and (error := turn.exception()) is not None:
            log.error(self._failure, error=type(error).__name__)

    async def finish(self) -> None:
        """Wait for the late turns, at most ten seconds: the process is about to stop."""
        if self._late:
            await asyncio.wait(set(self._late), timeout=SECONDS_TO_FINISH)


async def _run(turn: Callable[[asyncio.Event], Awaitable[T]], late: asyncio.Event) -> T:
    return await turn(late)
