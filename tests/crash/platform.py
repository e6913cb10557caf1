"""A platform like Slack that takes messages, goes wrong in six ways, and counts what it took."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from random import Random
from typing import Any

from aiohttp import web


class Fault(StrEnum):
    """What may go wrong with one message: before means that it was not taken, after that it was."""

    BUSY = "429"
    UNAVAILABLE_BEFORE = "503 before"
    BAD_GATEWAY_AFTER = "502 after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    HANG_AFTER = "hang"


class Platform:
    """What it took, by delivery; and how often it went wrong in which way."""

    def __init__(self, seed: int, share: float) -> None:
        """`share` of the messages meet a fault."""
        self._random = Random(seed)
        self._share = share
        self._chats: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.taken = Counter[str]()
        self.faults = Counter[Fault]()
        self.arrival = asyncio.Condition()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/chat.postMessage", self._post),
            web.post("/api/conversations.history", self._history),
            web.post("/api/conversations.open", self._open),
        ]

    async def until(self, number: int) -> None:
        """Until so many messages were taken."""
        async with self.arrival:
            await self.arrival.wait_for(lambda: self.taken.total() >= number)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        fault = self._random.choice(list(Fault)) if self._random.random() < self._share else None
        if fault:
            self.faults[fault] += 1
        match fault:
            case Fault.BUSY:
                return web.json_response(
                    {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
                )
            case Fault.UNAVAILABLE_BEFORE:
                return web.Response(status=503, text="<html>")
            case Fault.RESET_BEFORE:
                return self._reset(request)
            case Fault.BAD_GATEWAY_AFTER:
                await self._take(said)
                return web.Response(status=502, text="<html>")
            case Fault.RESET_AFTER:
                await self._take(said)
                return self._reset(request)
            case Fault.HANG_AFTER:  # whoever asked has given up before it answers
                await self._take(said)
                await asyncio.Event().wait()
            case None:
                pass
        ts = await self._take(said)
        return web.json_response({"ok": True, "channel": f"D{said['channel']}", "ts": ts})

    async def _take(self, said: dict[str, Any]) -> str:
        ts = f"{len(self._chats)}.{self.taken.total():06}"
        self._chats[f"D{said['channel']}"].insert(0, {"ts": ts, "metadata": said["metadata"]})
        async with self.arrival:
            self.taken[said["metadata"]["event_payload"]["delivery"]] += 1
            self.arrival.notify_all()
        return ts

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
    """Its address, while it runs."""
    app = web.Application()
    app.add_routes(platform.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()
