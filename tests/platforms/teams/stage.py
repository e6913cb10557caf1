"""The adapter on a real socket, with a fake Microsoft."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession, ClientTimeout
from structlog.testing import capture_logs

from adapters.chat.in_time import RealTime
from adapters.rosters import SentFileReader
from adapters.server.web import application, listening
from adapters.teams import app
from adapters.teams.cloud import Registration
from adapters.teams.connector import TIMEOUT, Connector
from adapters.teams.keys import SigningKeys
from adapters.teams.messenger import PLATFORM, TeamsMessenger
from adapters.teams.pace import Pace
from adapters.teams.pictures import Pictures
from adapters.teams.tokens import TeamsTokens
from bot.conversation.handler import EventHandler
from bot.events import Event
from bot.message import Message, Reply
from bot.model import Address
from bot.ports import Directory, Handle
from bot.prompts import Prompts, Voice
from bot.worker import delivery
from storage.store import SqlStore
from tests.platforms.patience import ManualPatience, Pauses
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.people import People
from tests.platforms.teams.world import APP, HOME, PASSWORD

NOW = datetime(2026, 1, 7, 15, 30, tzinfo=UTC)


class Clock:
    """The clock of keys and tokens, moved by a test."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Stage:
    """One running app, its Microsoft, and its people."""

    microsoft: FakeMicrosoft
    people: People
    messenger: TeamsMessenger
    tokens: TeamsTokens
    clock: Clock
    patience: ManualPatience
    pauses: Pauses
    url: str
    session: ClientSession
    finish: Callable[[], Awaitable[None]]
    """Waits for the late answers."""
    now: datetime = NOW
    heard: list[Event] = field(default_factory=list)
    """The events that reached the core, in a test without a store."""
    reply: Reply | None = None
    """The core's reply, in a test without a store."""

    async def beat(self, store: SqlStore, prompts: Prompts) -> int:
        """Run a heartbeat."""
        directories: dict[str, Directory] = {PLATFORM: self.messenger}
        return await delivery.run(store, prompts, {PLATFORM: self.messenger}, self.now, directories)


def registration(microsoft: FakeMicrosoft, **changes: Any) -> Registration:
    """Return the bot's registration with that Microsoft."""
    usual: dict[str, Any] = {
        "app_id": APP, "password": PASSWORD, "tenant": HOME,
        "openid_url": microsoft.openid_url, "login_url": microsoft.login_url,
    }  # fmt: skip
    return Registration(**usual | changes)


@asynccontextmanager
async def on_stage(
    microsoft: FakeMicrosoft,
    prompts: Prompts,
    store: SqlStore | None = None,
    *,
    known: Registration | None = None,
    pictures: Pictures | None = None,
    limit: ClientTimeout = TIMEOUT,
    handle: Handle | None = None,
) -> AsyncIterator[Stage]:
    """Run the adapter as it is connected in `adapters/teams/platform.py`, with clocks that a test moves."""
    clock, patience, pauses, known = Clock(), ManualPatience(), Pauses(), known or registration(microsoft)
    directories: dict[str, Directory] = {}
    async with ClientSession() as session, ClientSession() as outside:
        tokens = TeamsTokens(known, clock=clock)
        signed = tokens if known.app_id else None

        async def take(event: Event) -> Reply | None:
            if handle is not None:
                return await handle(event)
            if store is not None:
                return await core(event)
            stage.heard.append(event)
            return stage.reply

        async def english(_: Address) -> Voice:
            return voice

        voice = prompts.voice("en")
        messenger = TeamsMessenger(Connector(session, signed, Pace(clock), limit), english, pictures)
        directories[PLATFORM] = messenger
        if store is not None:
            reader = SentFileReader(prompts)
            core = EventHandler(store, prompts, directories, hold=timedelta(), reader=reader).handle
        keys = SigningKeys(known.openid_url, session, clock=clock)
        connection = app.TeamsApp(
            known,
            keys,
            signed,
            messenger,
            take,
            english,
            lambda: stage.now,
            real_time=RealTime(patience, pauses),
        )
        routes = [*connection.routes, *(pictures.routes() if pictures else ())]
        served = application(routes, voice=voice, closing=[connection.close])
        async with listening(served, "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            people = People(microsoft, outside, f"{url}{app.ROUTE}")
            stage = Stage(
                microsoft, people, messenger, tokens, clock, patience, pauses, url, outside, connection.close
            )
            yield stage


def said(words: str) -> Message:
    """Return a short message."""
    return Message(words)


@contextmanager
def logs() -> Iterator[list[Any]]:
    """Yield the log of the block."""
    with capture_logs() as found:
        yield found
