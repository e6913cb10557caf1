"""Teams over HTTP: activities become events, and replies go where the person looks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from adapters.chat.bodies import Body
from adapters.chat.in_time import InTime, RealTime, seconds
from adapters.teams import inbound
from adapters.teams.answers import Answer, TeamsAnswers
from adapters.teams.cloud import Registration
from adapters.teams.edge import Edge
from adapters.teams.inbound import Taken
from adapters.teams.keys import SigningKeys
from adapters.teams.messenger import PLATFORM, TeamsMessenger, VoiceOf
from adapters.teams.tokens import TeamsTokens
from bot.events import Event
from bot.ports import Handle

ROUTE = "/api/messages"
REAL_TIME = RealTime(patience=seconds(8))
"""Microsoft gives up after ten to fifteen seconds."""


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
    real_time: RealTime = REAL_TIME,
) -> Connection:
    """The adapter. Without an app id anybody is believed: for Microsoft's playground, on loopback."""
    teams = _Teams(messenger, handle, voice_of, now, real_time)
    edge = Edge(registration, keys, tokens, teams.take)
    return Connection(routes=[web.post(ROUTE, edge.take)], close=teams.in_time.finish)


class _Teams:
    """Takes what the edge let through, and answers it in time."""

    def __init__(  # the parts of an adapter
        self,
        messenger: TeamsMessenger,
        handle: Handle,
        voice_of: VoiceOf,
        now: Callable[[], datetime],
        real_time: RealTime,
    ) -> None:
        self._handle = handle
        self._answers = TeamsAnswers(messenger, voice_of, real_time.pause)
        self._now = now
        self.in_time = InTime(real_time.patience, PLATFORM)

    async def take(self, activity: Body) -> Answer:
        """One activity. Raises `Garbage` or `UnknownInvoke`."""
        taken = inbound.read(activity)
        if taken is None:
            return None
        if taken.place.kind == "elsewhere":
            await self._answers.point(taken)
            return None
        return await self.in_time.answer(
            lambda late: self._turn(taken, late), lambda: self._answers.one_moment(taken)
        )

    async def _turn(self, taken: Taken, late: asyncio.Event) -> Answer:
        event = Event(id=taken.id, at=self._now(), sender=taken.sender, what=taken.what)
        reply = await self._handle(event)
        return await self._answers.give(taken, reply, is_late=late.is_set())
