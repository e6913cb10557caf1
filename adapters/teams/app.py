"""Teams over HTTP: activities become events, and replies go where the person looks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from aiohttp import web

from adapters.chat.bodies import Body
from adapters.teams import inbound
from adapters.teams.answers import Answer, TeamsAnswers
from adapters.teams.cloud import Registration
from adapters.teams.edge import Edge
from adapters.teams.inbound import Taken
from adapters.teams.keys import SigningKeys
from adapters.teams.messenger import TeamsMessenger, VoiceOf
from adapters.teams.tokens import TeamsTokens
from bot.events import Event
from bot.ports import Handle

log = structlog.get_logger()

ROUTE = "/api/messages"
PATIENCE = 8.0
"""Seconds after which Microsoft gets its answer, whatever is still being done: it gives up after ten to fifteen."""
SECONDS_TO_FINISH = 10


@dataclass(frozen=True, slots=True)
class Connection:
    """Teams, connected: what the web application serves, and what to do when it stops."""

    routes: list[web.RouteDef]
    close: Callable[[], Awaitable[None]]


def connect(  # the parts of an adapter
    registration: Registration,
    keys: SigningKeys,
    tokens: TeamsTokens | None,
    messenger: TeamsMessenger,
    handle: Handle,
    voice_of: VoiceOf,
    now: Callable[[], datetime],
    *,
    patience: float = PATIENCE,
) -> Connection:
    """The adapter. Without an app id anybody is believed: for Microsoft's playground, on loopback."""
    teams = _Teams(messenger, handle, voice_of, now, patience)
    edge = Edge(registration, keys, tokens, teams.take)
    return Connection(routes=[web.post(ROUTE, edge.take)], close=teams.finish)


class _Teams:
    """Takes what the edge let through, and answers it in time."""

    def __init__(  # the parts of an adapter
        self,
        messenger: TeamsMessenger,
        handle: Handle,
        voice_of: VoiceOf,
        now: Callable[[], datetime],
        patience: float,
    ) -> None:
        self._handle = handle
        self._answers = TeamsAnswers(messenger, voice_of)
        self._now = now
        self._patience = patience
        self._late: set[asyncio.Task[Answer]] = set()

    async def take(self, activity: Body) -> Answer:
        """One activity. Raises `Garbage` or `UnknownInvoke`."""
        taken = inbound.read(activity)
        if taken is None:
            return None
        if taken.place.kind == "elsewhere":
            await self._answers.point(taken)
            return None
        return await self._in_time(taken)

    async def _in_time(self, taken: Taken) -> Answer:
        """What the platform gets at once; what takes longer is finished afterwards, and goes to the person's chat."""
        lateness = asyncio.Event()
        turn = asyncio.create_task(self._turn(taken, lateness))
        await asyncio.wait({turn}, timeout=self._patience)
        if turn.done():
            return turn.result()
        lateness.set()
        self._late.add(turn)
        turn.add_done_callback(self._ended)
        return await self._answers.one_moment(taken)

    async def _turn(self, taken: Taken, lateness: asyncio.Event) -> Answer:
        event = Event(id=taken.id, at=self._now(), sender=taken.sender, what=taken.what)
        reply = await self._handle(event)
        return await self._answers.give(taken, reply, is_late=lateness.is_set())

    def _ended(self, turn: asyncio.Task[Answer]) -> None:
        self._late.discard(turn)
        if not turn.cancelled() and (error := turn.exception()) is not None:
            log.error("teams.late-turn-failed", error=type(error).__name__)

    async def finish(self) -> None:
        """What was begun is finished before the process stops."""
        if self._late:
            await asyncio.wait(set(self._late), timeout=SECONDS_TO_FINISH)
