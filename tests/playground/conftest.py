"""The playground's routes over HTTP, with a scripted core behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.cli.platforms import previews
from adapters.playground.app import connect
from adapters.playground.exchange import Exchange
from adapters.playground.messenger import PlaygroundMessenger, renderer
from adapters.server.web import application
from bot.prompts import Prompts, Voice
from tests.playground.script import Core, KeptConversations, PlaygroundState
from tests.support.places import PROMPTS

ELIN, TAMA = "bryn-derw/elin", "te-awa/tama"


@pytest.fixture(scope="session")
def voice() -> Voice:
    return Prompts.load(PROMPTS).voice("en")


@dataclass
class Playground:
    """A page's client, and the fakes behind the server."""

    client: TestClient[web.Request, web.Application]
    core: Core
    scene: PlaygroundState
    conversations: KeptConversations
    messenger: PlaygroundMessenger
    numbers: count[int]

    @property
    def origin(self) -> str:
        return str(self.client.make_url("")).rstrip("/")

    async def post(self, path: str, **posted: object) -> ClientResponse:
        """What the page would post, with an id of its own."""
        body = {"id": f"event-{next(self.numbers):04}", "person": ELIN, **posted}
        return await self.client.post(path, json=body, headers={"Origin": self.origin})

    async def say(self, text: str, **posted: object) -> ClientResponse:
        return await self.post("/api/say", text=text, **posted)

    async def lines(self, person: str = ELIN) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/lines", params={"person": person})
        found: list[dict[str, Any]] = await answer.json()
        return found


@pytest.fixture
async def playground(voice: Voice) -> AsyncIterator[Playground]:
    core, conversations = Core(), KeptConversations()
    messenger, scene = (
        PlaygroundMessenger(conversations, renderer(previews())),
        PlaygroundState(conversations),
    )
    routes = connect(Exchange(core.handle, messenger), messenger, scene, voice, list(previews()))
    server = TestServer(application(routes, voice=voice, closing=[messenger.close]))
    async with TestClient(server) as client:
        yield Playground(client, core, scene, conversations, messenger, count(1))
