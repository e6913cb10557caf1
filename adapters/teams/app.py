"""The Teams adapter over HTTP: activities become events, and replies go back to the person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from adapters.chat.bodies import Body
from adapters.chat.in_time import InTime, RealTime, seconds
from adapters.chat.received import VoiceOf
from adapters.chat.watch import NoNotes, Watch
from adapters.teams import inbound
from adapters.teams.answers import WAITED_FOR, TeamsAnswer, TeamsAnswers
from adapters.teams.cloud import Registration
from adapters.teams.edge import Edge
from adapters.teams.inbound import TeamsReceived
from adapters.teams.keys import SigningKeys
from adapters.teams.messenger import PLATFORM, TeamsMessenger
from adapters.teams.tokens import TeamsTokens
from bot.errors import Busy
from bot.ports import Handle

ROUTE = "/api/messages"
REAL_TIME = RealTime(patience=seconds(8))
"""Microsoft gives up after ten to fifteen seconds."""


class TeamsApp:
    """Answers, in time, the activities that the edge let through."""

    def __init__(  # noqa: PLR0913  # the parts of an adapter
        self,
        registration: Registration,
        keys: SigningKeys,
        tokens: TeamsTokens | None,
        messenger: TeamsMessenger,
        handle: Handle,
        voice_of: VoiceOf,
        now: Callable[[], datetime],
        *,
        watch: Watch | None = None,
        real_time: RealTime = REAL_TIME,
    ) -> None:
        """Without an app id no request is verified: for Microsoft's playground, on loopback."""
        self._watch = watch or Watch(NoNotes(), now)
        self._handle = handle
        self._answers = TeamsAnswers(messenger, voice_of, real_time.pause, self._watch)
        self._now = now
        self._in_time = InTime(real_time.patience, PLATFORM)
        self.routes = [web.post(ROUTE, Edge(registration, keys, tokens, self.take).take)]

    async def take(self, activity: Body) -> TeamsAnswer:
        """Return the answer to one activity. Raises `Malformed` or `UnknownInvoke`."""
        received = inbound.read(activity)
        await self._watch.heard()
        if received is None:
            return None
        if received.target.kind == "elsewhere":
            await self._answers.point_to_own_chat(received)
            return None
        if received.target.kind == "declined":
            await self._answers.withdraw_offer(received)
            return None
        try:
            return await self._in_time.answer(
                lambda late: self._run(received, late), lambda: self._answers.one_moment(received)
            )
        except Busy:
            if received.target.kind in WAITED_FOR:
                return await self._answers.busy(received)
            raise  # answered with 503; that Microsoft brings it again then is not verified

    async def _run(self, received: TeamsReceived, late: asyncio.Event) -> TeamsAnswer:
        reply = await self._handle(received.event(self._now()))
        return await self._answers.give(received, reply, is_late=late.is_set())

    async def close(self) -> None:
        """Finish the late turns before the process stops."""
        await self._in_time.finish()
