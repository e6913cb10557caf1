"""A platform is one folder, one line and one file of texts: a console chat plays a cycle beside Slack and Teams."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from adapters.chat.platform import ManifestOptions
from adapters.cli.doctor import examine
from adapters.cli.platforms import PLATFORMS, AnyPlatform
from adapters.cli.running import Platforms, connect_platforms
from adapters.cli.startup import now
from bot.message import Message, Text
from bot.model import DeliveryState
from bot.prompts import Prompts
from bot.worker import delivery
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, roster_of
from tests.support.limits import HANG
from tests.support.places import PROMPTS, ROOT
from tests.support.settings import environment
from tests.toy_platform.console import ConsolePlatform

HERE = ROOT / "tests" / "toy_platform"
TEACHERS = {"Oak": ["Ann Ash", "Bea Birch"], "Elm": ["Cat Cox", "Dan Dove"]}
MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
NAMES = [name for names in TEACHERS.values() for name in names]


@dataclass
class Terminal:
    """Both ends of a terminal: lines that a test types, and what is printed."""

    typed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    printed: list[str] = field(default_factory=list)

    async def read(self) -> str:
        self.waiting.set()
        return await self.typed.get()

    async def type(self, name: str, text: str) -> str:
        """Type a line as a person of the roster, and return what is printed in answer."""
        before = len(self.printed)
        self.waiting.clear()
        self.typed.put_nowait(f"{email(name)}: {text}")
        async with asyncio.timeout(HANG):
            await self.waiting.wait()
        return "\n".join(self.printed[before:])

    async def press(self, name: str, label: str) -> str:
        """Press the button of the last message to this person."""
        last = self.of(name)[-1]
        [number] = re.findall(rf"^!(\d+) {re.escape(label)}$", last, re.MULTILINE)
        return await self.type(name, f"!{number}")

    def of(self, name: str) -> list[str]:
        return [each for each in self.printed if each.startswith(f"→ {email(name)}\n")]


def email(name: str) -> str:
    return f"{name.replace(' ', '.').casefold()}@example.org"


@dataclass
class Room:
    """A running bot with a console, and a clock that a test moves."""

    terminal: Terminal
    store: SqlStore
    prompts: Prompts
    platforms: Platforms
    now: datetime

    async def days(self, number: float) -> None:
        for _ in range(int(number * 24)):
            self.now += timedelta(hours=1)
            await delivery.run(
                self.store, self.prompts, self.platforms.messengers, self.now, self.platforms.directories
            )


@pytest.fixture
def prompts() -> Prompts:
    """The content, with the texts of the console."""
    shipped = Prompts.load(PROMPTS)
    texts = (HERE / "console.en.md").read_text(encoding="utf-8")
    return Prompts({**shipped.files, "platforms/console.en.md": texts})


@pytest.fixture
async def room(sqlite_url: str, prompts: Prompts) -> AsyncIterator[Room]:
    store, terminal = SqlStore(sqlite_url, durable=False), Terminal()
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership("Town")
        await tx.schools.apply(made.id, roster_of(TEACHERS), MONDAY)
    console: AnyPlatform = ConsolePlatform(terminal.read, terminal.printed.append)
    with environment(console_room="staff") as read:
        room = Room(terminal, store, prompts, Platforms(), MONDAY)
        known = (*PLATFORMS, console)
        async with connect_platforms(
            read, store, prompts, is_serving=True, known=known, clock=lambda: room.now
        ) as room.platforms:
            yield room
    await store.close()


async def answer(terminal: Terminal, name: str) -> None:
    """Answer the check-in that is the last message to this person, if it is one."""
    if "!1 Answer now" not in terminal.of(name)[-1]:
        return
    form = await terminal.press(name, "Answer now")
    keys = [each.partition("=")[0] for each in form.splitlines()[-1].split("; ")]
    given = {key: f"{key} by {name}" for key in keys if key != "day"}
    if "story" in given:
        given["story"] = "no"
    await terminal.type(name, "; ".join(f"{key}={value}" for key, value in given.items()))


async def test_a_cycle_is_played_on_a_console(room: Room) -> None:
    terminal = room.terminal
    form = await terminal.type(COORDINATOR, "start")
    assert form.endswith("pack=joint-practice-6wk|peer-visit-2wk; starts_on=…; goal=…")
    fields = "pack=peer-visit-2wk; starts_on={}; goal=Every child is heard"
    assert "starts_on=…" in await terminal.type(COORDINATOR, fields.format("yesterday")), (
        "a wrong day is asked again"
    )
    assert "Nobody has heard of it yet" in await terminal.type(COORDINATOR, fields.format("2026-09-14"))
    await terminal.press(COORDINATOR, "Invite 4 teachers")
    await room.days(1)
    for name in NAMES:
        await terminal.press(name, "Join")
    await terminal.type(COORDINATOR, "preview")
    await terminal.press(COORDINATOR, "Confirm and tell everybody")
    for _ in range(24):
        await room.days(1)
        for name in NAMES:
            await answer(terminal, name)
    await terminal.type(COORDINATOR, "close yes")
    await room.days(10)

    for name in NAMES:
        read = "\n".join(terminal.of(name))
        [partner] = set(re.findall(r"pupils by ([A-Z]\w+ [A-Z]\w+)", read)) - {name}
        for key in ("pupils", "when", "evidence", "question"):
            assert f"{key} by {partner}" in read
        assert "is over. Thank you" in terminal.of(name)[-1]
    assert await states(room) <= {DeliveryState.SENT, DeliveryState.DROPPED}


async def states(room: Room) -> set[DeliveryState]:
    async with room.store.transaction() as tx:
        [partnership] = await tx.schools.partnerships()
        cycle = await tx.cycles.last(partnership.id)
        assert cycle is not None
        return {each.state for each in await tx.deliveries.of_cycle(cycle.id)}


async def test_the_doctor_and_the_playground_know_the_console(sqlite_url: str, prompts: Prompts) -> None:
    terminal = Terminal()
    console: AnyPlatform = ConsolePlatform(terminal.read, terminal.printed.append)
    voice = prompts.voice("en")
    with environment(database_url=sqlite_url, console_room="Siân") as read:
        found = [each async for each in examine(read, now(), known=(console,))]

    said = [voice.text(f"doctor.{each.key}", **each.facts) for each in found]
    assert any("JPD_CONSOLE_ROOM is Siân" in each for each in said)
    assert not any("chat platform" in each for each in said)
    assert console.preview(Message("Hello", (Text("Hello *you*"),))) == "Hello you"
    assert console.manifest({"en": voice}, ManifestOptions()).content == "The console needs no manifest."


def test_the_document_shows_the_tested_console() -> None:
    """Every block of Python in the document stands in the console's file, and together they are all of it."""
    document = (ROOT / "docs" / "add-a-platform.md").read_text(encoding="utf-8")
    source = (HERE / "console.py").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", document, re.DOTALL | re.MULTILINE)

    assert "".join("".join(blocks).split()) == "".join(source.split())
