"""A fake of Slack and Teams that fails in six ways and counts the messages it accepts."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from enum import StrEnum
from random import Random
from typing import Any

from aiohttp import web


class Fault(StrEnum):
    """A failure of one message, before or after it was accepted."""

    BUSY = "429"
    UNAVAILABLE_BEFORE = "503 before"
    BAD_GATEWAY_AFTER = "502 after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    HANG_AFTER = "hang"


AFTER = (Fault.BAD_GATEWAY_AFTER, Fault.RESET_AFTER, Fault.HANG_AFTER)


class Platform:
    """Accepted messages by the text of their note, and the number of failures by fault."""

    def __init__(self, seed: int, share: float) -> None:
        """Fail for this share of the messages."""
        self._random = Random(seed)
        self._share = share
        self._chats: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.taken = Counter[str]()
        self.order: list[str] = []
        """Return the chats in the order in which messages were accepted."""
        self.faults = Counter[Fault]()
        self.arrival = asyncio.Condition()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/chat.postMessage", self._slack),
            web.post("/api/conversations.history", self._history),
            web.post("/api/conversations.open", self._open),
            web.post("/api/v3/conversations/{chat}/activities", self._teams),
        ]

    async def until(self, number: int, chats: Container[str] | None = None) -> None:
        """Wait until that many messages were accepted in those chats."""
        async with self.arrival:
            await self.arrival.wait_for(
                lambda: sum(chats is None or each in chats for each in self.order) >= number
            )

    async def _slack(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        chat = f"D{said['channel']}"
        refused = web.json_response(
            {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
        )
        failed, ts = await self._posted(request, chat, said, refused)
        return failed or web.json_response({"ok": True, "channel": chat, "ts": ts})

    async def _teams(self, request: web.Request) -> web.StreamResponse:
        refused = web.json_response({}, status=429, headers={"Retry-After": "1"})
        said = await request.json()
        failed, id_ = await self._posted(request, request.match_info["chat"], said, refused)
        return failed or web.json_response({"id": id_}, status=201)

    async def _posted(
        self, request: web.Request, chat: str, said: Any, refused: web.Response
    ) -> tuple[web.StreamResponse | None, str]:
        """Return the failure response, or the number under which the message was accepted."""
        fault = self._random.choice(list(Fault)) if self._random.random() < self._share else None
        if fault:
            self.faults[fault] += 1
        match fault:
            case Fault.BUSY:
                return refused, ""
            case Fault.UNAVAILABLE_BEFORE:
                return web.Response(status=503, text="<html>"), ""
            case Fault.RESET_BEFORE:
                return self._reset(request), ""
            case Fault.BAD_GATEWAY_AFTER:
                await self._take(chat, said)
                return web.Response(status=502, text="<html>"), ""
            case Fault.RESET_AFTER:
                await self._take(chat, said)
                return self._reset(request), ""
            case Fault.HANG_AFTER:  # whoever asked has given up before it answers
                await self._take(chat, said)
                await asyncio.Event().wait()
            case None:
                pass
        return None, await self._take(chat, said)

    async def _take(self, chat: str, said: dict[str, Any]) -> str:
        number = f"{len(self._chats)}.{self.taken.total():06}"
        self._chats[chat].insert(0, {"ts": number, "metadata": said.get("metadata")})
        [note] = set(re.findall(r"note \d+", str(said)))
        async with self.arrival:
            self.taken[note] += 1
            self.order.append(chat)
            self.arrival.notify_all()
        return number

    async def _history(self, request: web.Request) -> web.Response:
        asked = await request.post()
        messages = self._chats[str(asked["channel"])][: int(str(asked["limit"]))]
        return web.json_response({"ok": True, "messages": messages})

    async def _open(self, request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response({"ok": True, "channel": {"id": f"D{asked['users']}"}})

    @staticmethod
    def _reset(request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


@asynccontextmanager
async def running(platform: Platform) -> AsyncIterator[str]:
    """Run the platform, and yield its address."""
    app = web.Application()
    app.add_routes(platform.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()
