"""The town on Slack: each school a workspace of its own, people who type and press there, and what they then see.

Nothing below the wire is known here: what is said goes as signed HTTP to the application, and what is heard is read
off the screen, so that every journey can be played on Slack with the same sentences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from adapters.actions import encode
from adapters.slack import app
from adapters.slack.api import Api, session
from adapters.slack.inbound import Place
from adapters.slack.messenger import METADATA, PLATFORM, SlackMessenger
from adapters.slack.render import VALUE
from adapters.web import application, listening
from bot import delivery
from bot.dispatch import handler
from bot.events import Command, Event, Joined, Left, Opened, Said, Submitted, What
from bot.message import (
    Buttons,
    Element,
    FieldErrors,
    File,
    Form,
    Input,
    Inputs,
    Message,
    Replacement,
    Reply,
)
from bot.model import Address, Kind, Question, School
from bot.ports import Directory, Handle
from bot.prompts import Prompts, Voice
from storage.store import SqlStore, SqlTx
from tests.adapters.slack import payloads, reading
from tests.adapters.slack.fake import FakeSlack, running_slack
from tests.adapters.slack.wire import INTERACTION, Answer, NotSent
from tests.journeys.town import Town, plain

SECRET = "a signing secret of the tests"


@dataclass
class SlackRoad:
    """The application and its Slack, for every town of a test."""

    slack: FakeSlack
    store: SqlStore
    clock: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    handle: Handle = field(init=False)
    messenger: SlackMessenger = field(init=False)

    def town(self, prompts: Prompts, now: datetime, partnership: str) -> SlackTown:
        return SlackTown(self, self.store, prompts, now, partnership)

    async def token(self, workspace: str) -> str | None:
        """Every workspace of the tests has let the bot in."""
        return f"xoxb-{workspace}"

    async def drop(self, workspace: str) -> None:
        """Nothing is forgotten here: the tests of installing do that."""


@asynccontextmanager
async def slack_road(store: SqlStore, prompts: Prompts) -> AsyncIterator[SlackRoad]:
    """A running application on a running Slack."""
    async with running_slack() as slack, session() as opened:
        road = SlackRoad(slack, store)
        api = Api(opened, slack.api_url)

        async def removed(workspace: str) -> None:
            raise AssertionError(f"{workspace} takes no token any more")

        road.messenger = SlackMessenger(api, road, removed, waits=(0, 0))
        directories: dict[str, Directory] = {PLATFORM: road.messenger}
        road.handle = handler(store, prompts, directories)

        async def handle(event: Event) -> Reply | None:
            return await road.handle(event)  # a town may bring other words

        async def english(_: Address) -> Voice:
            return prompts.voice("en")

        connection = app.connect(
            api,
            road.messenger,
            handle,
            english,
            lambda: road.clock,
            signing_secret=SECRET,
            patience=60,
        )
        served: web.Application = application(
            connection.routes, voice=prompts.voice("en"), closing=[connection.close]
        )
        async with listening(served, "127.0.0.1", 0) as port:
            slack.connect_app(f"http://127.0.0.1:{port}/slack/events", SECRET)
            yield road


@dataclass
class Screens:
    """What stood on everybody's screen when we looked last, in the shape of the core's fake messenger."""

    received: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    """What was delivered, by name: as it was sent, or as it was mended later."""
    updated: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    at: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lines: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    places: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    modals: dict[str, object] = field(default_factory=dict)


class SlackTown(Town):
    """People by name, each in the workspace of their school."""

    def __init__(
        self, road: SlackRoad, store: SqlStore, prompts: Prompts, now: datetime, partnership: str
    ) -> None:
        super().__init__(store, prompts, now, partnership)
        self.road, self.slack = road, road.slack
        self.screens = Screens()
        self.post = self.screens  # type: ignore[assignment]  # the same names, read off a screen
        self._homes: dict[str, Address] = {}
        road.handle = handler(store, prompts, {PLATFORM: road.messenger})

    async def open_up(self, tx: SqlTx, school: School, names: Mapping[str, str], now: datetime) -> None:
        """The school's workspace, let in, with its people (name → e-mail address)."""
        team = f"T{school.id:04}"
        self.slack.add_workspace(team, school.name, token=f"xoxb-{team}")
        await tx.workspaces.link(PLATFORM, team, school, now)
        for name, email in names.items():
            self._move_in(team, name, email)

    def _move_in(self, team: str, name: str, email: str) -> Address:
        user = f"U{team[1:]}{len(self.slack.world.people):04}"
        self.slack.add_person(team, user, email, name=name)
        self._homes[name] = Address(PLATFORM, team, user)
        return self._homes[name]

    def address(self, name: str) -> Address:
        """Where somebody is; a stranger is in the first workspace, with an address that no roster knows."""
        if name not in self._homes:
            team = next(iter(self.slack.world.workspaces))
            self._move_in(team, name, f"{name.replace(' ', '.').casefold()}@elsewhere.example")
        return self._homes[name]

    # --- speaking -------------------------------------------------------------------------------------------------

    async def hear(self, name: str, what: What, event_id: str = "") -> Reply | None:
        """What a person does on Slack; joining and leaving are no deeds of a single person there."""
        if isinstance(what, Joined | Left):
            return await super().hear(name, what, event_id)
        self.road.clock = self.now
        self._look(name)
        answer = await self._do(name, what, event_id)
        assert answer.status == 200, (answer, what)
        assert not self.slack.refused, self.slack.refused
        return self._reply(name, what, answer)

    async def press(self, name: str, label: str) -> Reply | None:
        """Press what is on the screen; or, on a screen that is not up to date, what was there before."""
        self._put_away(name)
        at = self.address(name)
        self.road.clock = self.now
        self._look(name)
        try:
            answer = await self.slack.press(at.workspace, at.user, label=label)
        except NotSent:
            return await super().press(name, label)
        assert answer.status == 200, answer
        reply = self._reply(name, Command(label), answer)
        if reply is not None:
            self.heard[name].append(reply)
        return reply

    async def my_data(self, name: str) -> str:
        reply = await self.hear(name, Command("my data"))
        assert isinstance(reply, Message)
        [file] = [each for each in reply.elements if isinstance(each, File)]
        return file.content.decode()

    async def fill(self, name: str, **values: str) -> str:
        """Open the newest check-in's form, and send it."""
        message = self.screens.received[name][-1]
        asked = next(each for each in message.elements if isinstance(each, Inputs))
        await self.form_of(name, asked)
        return plain(await self.submit(name, asked.form.name, asked.form.context, **values))

    async def form_of(self, name: str, asked: Inputs) -> Form:
        """The question's button opens it."""
        form = await self.hear(name, Opened(asked.form.name, asked.form.context))
        assert isinstance(form, Form), form
        return form

    async def _do(self, name: str, what: What, event_id: str) -> Answer:
        at = self.address(name)
        match what:
            case Said(text):
                self._put_away(name)
                return await self.slack.say(at.workspace, at.user, text, event_id=event_id)
            case Command(words):
                self._put_away(name)
                return await self.slack.command(at.workspace, at.user, words)
            case Opened():
                self._put_away(name)
                return await self._forge_press(at, what)
            case Submitted():
                return await self._send(at, what)
            case _:
                raise AssertionError(f"nobody does that on Slack: {what}")

    async def _send(self, at: Address, what: Submitted) -> Answer:
        modal = self.slack.modal(at.workspace, at.user)
        if (
            modal is not None
            and modal.view["callback_id"] == what.form
            and _context(modal.view) == what.context
        ):
            try:
                return await self.slack.submit(at.workspace, at.user, what.values)
            except NotSent:  # Slack's own client would have stopped it: a forged one would not
                return await self._forge_form(at, what, modal.view["private_metadata"])
        self._put_away_at(at)
        return await self._forge_form(at, what, Place().pack(what.context))

    async def _forge_press(self, at: Address, what: Opened) -> Answer:
        """A button that is not on the screen: signed by Slack, and still to be doubted."""
        world = self.slack.world
        body = payloads.interaction(world, "block_actions", at.workspace, world.people[at.user])
        channel = world.direct(at.workspace, at.user).id
        body |= {
            "container": {"type": "message", "channel_id": channel, "message_ts": "", "is_ephemeral": False},
            "actions": [{"type": "button", "action_id": "press-1", "value": encode(what)}],
        }
        return await self.slack.wire.deliver(INTERACTION, body)

    async def _forge_form(self, at: Address, what: Submitted, metadata: str) -> Answer:
        world = self.slack.world
        body = payloads.interaction(world, "view_submission", at.workspace, world.people[at.user])
        values = {
            key: {VALUE: {"type": "plain_text_input", "value": value}} for key, value in what.values.items()
        }
        view = {
            "type": "modal",
            "callback_id": what.form,
            "private_metadata": metadata,
            "state": {"values": values},
        }
        return await self.slack.wire.deliver(INTERACTION, {**body, "view": view, "response_urls": []})

    def _put_away(self, name: str) -> None:
        self._put_away_at(self.address(name))

    def _put_away_at(self, at: Address) -> None:
        self.slack.world.modals.pop((at.workspace, at.user), None)

    # --- looking --------------------------------------------------------------------------------------------------

    def _reply(self, name: str, what: What, answer: Answer) -> Reply | None:
        """What has changed on the screen of whoever did something."""
        at = self.address(name)
        modal = self.slack.modal(at.workspace, at.user)
        if modal is not None and self.screens.modals.get(name) != (modal.view, modal.errors):
            self.screens.modals[name] = (modal.view, dict(modal.errors))
            form = reading.form(modal.view, modal.errors, modal.typed)
            form = replace(form, context=_context(modal.view))
            return FieldErrors(form) if modal.errors else form
        if (wrong := answer.json.get("errors")) and isinstance(what, Submitted):
            return FieldErrors(_forged(what, wrong))
        new, changed = self._look(name)
        sent = self.prompts.voice("en")("wait.sent-to-chat")
        new = [each for each in new if each.summary != sent] or new
        if new:
            first = new[0]
            return replace(first, elements=tuple(element for each in new for element in each.elements))
        return Replacement(changed[-1]) if changed else None

    def _look(self, name: str, *, delivering: bool = False) -> tuple[list[Message], list[Message]]:
        """What is new on somebody's screen, and what has changed."""
        at, seen = self.address(name), self.screens.lines[name]
        new: list[Message] = []
        changed: list[Message] = []
        for line in self.slack.conversation(at.workspace, at.user):
            if not line.by_app:
                continue
            shown = {"text": line.text, "blocks": line.blocks, "files": list(line.files)}
            before, seen[line.ts] = seen.get(line.ts), shown
            if before == shown:
                continue
            message = reading.line(line, self.slack.files)
            if before is not None:
                changed.append(message)
                if delivering:
                    self._mended(name, line.ts, message)
            elif (line.metadata or {}).get("event_type") == METADATA:
                self._received(name, line.ts, message)
            else:
                new.append(message)
        return new, changed

    def _received(self, name: str, ts: str, message: Message) -> None:
        message = _with_asks(message)
        self.screens.places[name][ts] = len(self.screens.received[name])
        self.screens.received[name].append(message)
        self.screens.at[name].append(self.screens.now)

    def _mended(self, name: str, ts: str, message: Message) -> None:
        message = _with_asks(message)
        self.screens.updated[name].append(message)
        if ts in self.screens.places[name]:
            self.screens.received[name][self.screens.places[name][ts]] = message

    # --- time -----------------------------------------------------------------------------------------------------

    async def beat(self) -> None:
        """One heartbeat; then everybody looks at their screen."""
        self.before_the_beat()
        platforms = {PLATFORM: self.road.messenger}
        await delivery.run(self.store, self.prompts, platforms, self.now, platforms)
        self.after_the_beat()

    def before_the_beat(self) -> None:
        """What is on the screens already was not delivered by it."""
        self.screens.now = self.road.clock = self.now
        for name in self._homes:
            self._look(name)

    def after_the_beat(self) -> None:
        """What is new on the screens was."""
        for name in self._homes:
            self._look(name, delivering=True)


def _with_asks(message: Message) -> Message:
    """A question's row of buttons read as what it stands for: a form that opens, and the ways past it."""
    return replace(message, elements=tuple(map(_as_ask, message.elements)))


def _as_ask(element: Element) -> Element:
    if not isinstance(element, Buttons):
        return element
    first, *rest = element.items
    may_wait = any(isinstance(each.does, Command) and each.does.words.startswith("later ") for each in rest)
    if not isinstance(first.does, Opened) or not may_wait:
        return element
    form = Form(name=first.does.form, context=first.does.context, title="", inputs=(), submit="")
    return Inputs(form, first.label, tuple(rest))


def _context(view: Mapping[str, Any]) -> str:
    return Place.unpack(view["private_metadata"])[0]


def _forged(what: Submitted, wrong: Mapping[str, str]) -> Form:
    """What a form that was never open would show of its faults."""
    asked = {*what.values, *wrong}
    return Form(
        name=what.form, context=what.context, title=what.form, submit="",
        inputs=tuple(
            Input(Question(key=key, kind=Kind.SHORT, label=key), what.values.get(key, ""), wrong.get(key, ""))
            for key in sorted(asked)
        ),
    )  # fmt: skip
