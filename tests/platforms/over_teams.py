"""The town on Teams: each school is a tenant, whose people type, press and look at their screens.

What people do goes to the application as a signed activity, and replies are read off the screen, so that a journey is
played on Teams with the same sentences as at the core.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.conversation.handler import EventHandler
from bot.events import Command, Event, Joined, Left, Opened, Said, Submitted, What
from bot.message import FieldErrors, File, Form, Inputs, Message, Replacement, Reply, Text
from bot.model import Address, School
from bot.ports import Handle
from bot.prompts import Prompts
from bot.worker import delivery
from storage.store import SqlStore, SqlTx
from tests.journeys.town import Town
from tests.platforms.teams import reading
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.people import Answer, NotSent, buttons
from tests.platforms.teams.stage import Stage, on_stage
from tests.platforms.teams.world import Line, World

PLATFORM = "teams"


@dataclass
class TeamsRoad:
    """The application and the fake Microsoft before it."""

    stage: Stage
    microsoft: FakeMicrosoft
    store: SqlStore
    handle: list[Handle]
    """The handlers of the towns; the last one is used, as a town may bring other content."""

    def town(self, prompts: Prompts, now: datetime, partnership: str) -> TeamsTown:
        return TeamsTown(self, self.store, prompts, now, partnership)


@asynccontextmanager
async def teams_road(store: SqlStore, prompts: Prompts, microsoft: FakeMicrosoft) -> AsyncIterator[TeamsRoad]:
    """Start the application before a running Microsoft, which forgets whatever it held."""
    microsoft.world = World()
    hearing: list[Handle] = []

    async def handle(event: Event) -> Reply | None:
        return await hearing[-1](event)

    async with on_stage(microsoft, prompts, handle=handle) as stage:
        yield TeamsRoad(stage, microsoft, store, hearing)


@dataclass
class Screens:
    """Everybody's screen when they last looked, in the shape of the core's fake messenger."""

    received: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    updated: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    at: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lines: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    places: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))


class TeamsTown(Town):
    """People by name, each in the tenant of their school."""

    PLAYED = (*Town.PLAYED, "screens", "_homes")

    def __init__(
        self, road: TeamsRoad, store: SqlStore, prompts: Prompts, now: datetime, partnership: str
    ) -> None:
        super().__init__(store, prompts, now, partnership)
        self.road, self.people = road, road.stage.people
        self.screens = Screens()
        self.post = self.screens  # type: ignore[assignment]  # the same names, read off a screen
        self._homes: dict[str, str] = {}
        road.handle.append(EventHandler(store, prompts, {PLATFORM: road.stage.messenger}).handle)

    @property
    def world(self) -> World:
        return self.road.microsoft.world

    def played(self) -> dict[str, Any]:
        return {**super().played(), "microsoft": self.world}

    def resume(self, played: Mapping[str, Any]) -> None:
        super().resume(played)
        self.road.microsoft.world = self.people.world = played["microsoft"]

    async def open_up(self, tx: SqlTx, school: School, names: Mapping[str, str], now: datetime) -> None:
        """Admit the school's tenant with its people, who have installed the app."""
        tenant = f"tenant-{school.id:04}"
        await tx.workspaces.link(PLATFORM, tenant, school, now)
        for name, email in names.items():
            self._move_in(tenant, name, email)
            for member in await tx.members.by_email(email):
                if member.partnership_id == school.partnership_id:
                    await tx.members.connect(self._routed(name), member.id, now)

    def _move_in(self, tenant: str, name: str, email: str) -> None:
        self._homes[name] = tenant
        self.people.add(name, tenant, email, installed=True)

    def address(self, name: str) -> Address:
        """Return a person's address; a stranger is in the first tenant, with an e-mail address that is on no roster."""
        if name not in self._homes:
            tenant = next(iter(self._homes.values()))
            self._move_in(tenant, name, f"{name.replace(' ', '.').casefold()}@elsewhere.example")
        return self._routed(name)

    def _routed(self, name: str) -> Address:
        from adapters.teams.inbound import read

        taken = read(self.people.activity(name))
        assert taken is not None
        return taken.sender

    # --- speaking -------------------------------------------------------------------------------------------------

    async def hear(self, name: str, what: What, event_id: str = "") -> Reply | None:
        """Do this on Teams."""
        self.address(name)
        self._is_now()
        self._look(name)
        self.world.dialogs.pop(name, None) if not isinstance(what, Submitted) else None
        answer = await self._do(name, what, event_id)
        assert answer.status == 200, (answer, what)
        assert not self.world.faults, self.world.faults
        return await self._reply(name, what)

    async def press(self, name: str, label: str) -> Reply | None:
        """Press the button on the screen, or else one that was on it before: a screen may be out of date."""
        self.address(name)
        self._is_now()
        self._look(name)
        try:
            answer = await self.people.press(name, label)
        except NotSent:
            return await super().press(name, label)
        assert answer.status == 200, answer
        assert not self.world.faults, self.world.faults
        reply = await self._reply(name, Command(label))
        if reply is not None:
            self.heard[name].append(reply)
        return reply

    async def my_data(self, name: str) -> str:
        reply = await self.hear(name, Command("my data"))
        assert isinstance(reply, Message)
        [file] = [each for each in reply.elements if isinstance(each, File) and each.content]
        return file.content.decode()

    def _is_now(self) -> None:
        self.road.stage.now = self.now
        self.road.stage.clock.seconds += 60  # nobody types and presses faster than Teams takes it

    async def _do(self, name: str, what: What, event_id: str) -> Answer:
        more = {"id": event_id} if event_id else {}
        match what:
            case Said(text):
                return await self.people.say(name, text, **more)
            case Command(words):
                return await self.people.say(name, f"/jpd {words}", **more)
            case Opened():
                return await self.people.forge(name, what)
            case Submitted():
                return await self._send(name, what)
            case Joined():
                return await self.people.install(name)
            case Left():
                return (await self.people.uninstall(name))[0]
            case _:
                raise AssertionError(f"nobody does that on Teams: {what}")

    async def _send(self, name: str, what: Submitted) -> Answer:
        """Fill in the form that is on the screen, or send one as a forged client would."""
        dialog = self.world.dialogs.get(name)
        if dialog is not None and _is(dialog.card, what):
            try:
                return await self.people.submit(name, what.values)
            except NotSent:
                return await self.people.forge(name, what)
        self.world.dialogs.pop(name, None)
        for line in reversed(self.world.seen(name)):
            if line.card is not None and _is(line.card, what):
                try:
                    return await self.people.fill_in(name, line, what.values)
                except NotSent:
                    break
        return await self.people.forge(name, what)

    # --- looking --------------------------------------------------------------------------------------------------

    async def _reply(self, name: str, what: What) -> Reply | None:
        """Return what has changed on the screen of the person who did something."""
        new, changed = self._look(name)
        if any(_is_way_in(line) for line in new):
            label = (
                "Fill in here, in the chat" if len(name) % 2 else "Fill in"
            )  # clients without dialogs, and with
            await self.people.press(name, label)
            new, changed = self._look(name)
        dialog = self.world.dialogs.get(name)
        if dialog is not None:
            return _form_or_errors(reading.dialog(dialog), what)
        for line in (*new, *changed):
            if line.card is not None and (form := _own_form(line)) is not None:
                return _form_or_errors(form, what)
        said = [await self._read(name, each) for each in new]
        if said:
            first = said[0]
            return replace(first, elements=tuple(element for each in said for element in each.elements))
        return Replacement(reading.line(changed[-1])) if changed else None

    async def _read(self, name: str, line: Line) -> Message:
        """Return the message of a line; accept a file that is offered."""
        message = reading.line(line)
        if line.card is None:
            assert (await self.people.take_file(name)).status == 200
            content = self.people.file(name)
            message = replace(message, elements=(File("my-data.json", "application/json", content),))
            self._look(name)
        return message

    def _look(self, name: str, *, delivering: bool = False) -> tuple[list[Line], list[Line]]:
        """Return what is new on a person's screen, and what has changed."""
        seen = self.screens.lines[name]
        new: list[Line] = []
        changed: list[Line] = []
        for line in self.world.seen(name):
            if not line.by_bot:
                continue
            shown = json.dumps(line.card or line.activity, sort_keys=True)
            before, seen[line.id] = seen.get(line.id), shown
            if before == shown:
                continue
            (new if before is None else changed).append(line)
            if delivering:
                self._delivered(name, line, is_new=before is None)
        return new, changed

    def _delivered(self, name: str, line: Line, *, is_new: bool) -> None:
        message = reading.line(line)
        if is_new:
            self.screens.places[name][line.id] = len(self.screens.received[name])
            self.screens.received[name].append(message)
            self.screens.at[name].append(self.screens.now)
            return
        self.screens.updated[name].append(message)
        if line.id in self.screens.places[name]:
            self.screens.received[name][self.screens.places[name][line.id]] = message

    # --- time -----------------------------------------------------------------------------------------------------

    async def beat(self) -> None:
        """Run one heartbeat; then everybody looks at their screen."""
        await self.before_the_beat()
        platforms = {PLATFORM: self.road.stage.messenger}
        await delivery.run(self.store, self.prompts, platforms, self.now, platforms)
        await self.after_the_beat()

    async def before_the_beat(self) -> None:
        """Note what is on the screens, so that it does not count as delivered by the heartbeat."""
        self.screens.now = self.now
        self._is_now()
        for name in self._homes:
            self._look(name)

    async def after_the_beat(self) -> None:
        """Count what is new on the screens as delivered."""
        assert not self.world.faults, self.world.faults
        for name in self._homes:
            self._look(name, delivering=True)


def _is(card: object, what: Submitted) -> bool:
    return any(
        ours["verb"] == "submit" and (ours["form"], ours["context"]) == (what.form, what.context)
        for ours in (each["data"]["jpd"] for each in buttons(card))
    )


def _is_way_in(line: Line) -> bool:
    """Return whether the line offers a form that is too long for the chat."""
    return any(each["data"].get("msteams") for each in buttons(line.card))


def _own_form(line: Line) -> Form | None:
    """Return the form of a card that is nothing else, or None."""
    message = reading.line(line)
    forms = [each for each in message.elements if isinstance(each, Inputs)]
    if not forms or forms[0].buttons:
        return None
    intro = "\n".join(each.md for each in message.elements if isinstance(each, Text))
    return replace(forms[0].form, title=message.summary, intro=intro)


def _form_or_errors(form: Form, what: What) -> Reply:
    is_refused = isinstance(what, Submitted) and any(each.error for each in form.inputs)
    return FieldErrors(form) if is_refused else form
