"""The town on Slack: each school is a workspace, whose people type, press and look at their screens.

What people do goes to the application as signed HTTP, and replies are read off the screen, so that a journey is
played on Slack with the same sentences as at the core.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from adapters.chat.actions import encode
from adapters.chat.in_time import RealTime
from adapters.server.web import application, listening
from adapters.slack import app
from adapters.slack.api import Api, session
from adapters.slack.inbound import SlackReplyTarget
from adapters.slack.messenger import METADATA, PLATFORM, SlackMessenger
from adapters.slack.render import VALUE
from bot.conversation.handler import EventHandler
from bot.events import Command, Event, Joined, Left, Opened, Said, Submitted, What
from bot.message import Buttons, Element, FieldErrors, File, Form, Input, Inputs, Message, Replacement, Reply
from bot.model import Address, Kind, Question, School
from bot.ports import Directory, Handle
from bot.prompts import Prompts, Voice
from bot.worker import delivery
from storage.store import SqlStore, SqlTx
from tests.journeys.town import Town, plain
from tests.platforms.patience import ManualPatience, Pauses
from tests.platforms.slack import reading
from tests.platforms.slack.people import People, people_of_slack
from tests.platforms.slack.wire import Answer, NotSent

SECRET = "a signing secret of the tests"


@dataclass
class SlackRoad:
    """The application and the fake Slack before it."""

    slack: People
    store: SqlStore
    clock: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    handle: Handle = field(init=False)
    messenger: SlackMessenger = field(init=False)

    def town(self, prompts: Prompts, now: datetime, partnership: str) -> SlackTown:
        return SlackTown(self, self.store, prompts, now, partnership)

    async def token(self, workspace: str) -> str | None:
        """Return a token: every workspace of the tests has installed the bot."""
        return f"xoxb-{workspace}"

    async def delete(self, workspace: str) -> None:
        """Forget nothing: the tests of installing try that."""


@asynccontextmanager
async def slack_road(store: SqlStore, prompts: Prompts) -> AsyncIterator[SlackRoad]:
    """Start the application before a running Slack."""
    async with people_of_slack() as slack, session() as opened:
        road = SlackRoad(slack, store)
        api = Api(opened, slack.api_url)

        async def removed(workspace: str) -> None:
            raise AssertionError(f"{workspace} takes no token any more")

        road.messenger = SlackMessenger(api, road, removed, picture_retry_seconds=(0, 0))
        directories: dict[str, Directory] = {PLATFORM: road.messenger}
        road.handle = EventHandler(store, prompts, directories).handle

        async def handle(event: Event) -> Reply | None:
            return await road.handle(event)  # a town may bring other words

        async def english(_: Address) -> Voice:
            return prompts.voice("en")

        connection = app.SlackApp(
            api,
            road.messenger,
            handle,
            english,
            lambda: road.clock,
            signing_secret=SECRET,
            real_time=RealTime(ManualPatience(), Pauses()),
        )
        served: web.Application = application(
            connection.routes, voice=prompts.voice("en"), closing=[connection.close]
        )
        async with listening(served, "127.0.0.1", 0) as port:
            await slack.connect_app(f"http://127.0.0.1:{port}/slack/events", SECRET)
            yield road


@dataclass
class Screens:
    """Everybody's screen when they last looked, in the shape of the core's fake messenger."""

    received: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    """The delivered messages, by name, as they stand after later updates."""
    updated: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    at: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lines: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    places: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    modals: dict[str, object] = field(default_factory=dict)


class SlackTown(Town):
    """People by name, each in the workspace of their school."""

    PLAYED = (*Town.PLAYED, "screens", "_homes", "_teams", "_arriving")

    def __init__(
        self, road: SlackRoad, store: SqlStore, prompts: Prompts, now: datetime, partnership: str
    ) -> None:
        super().__init__(store, prompts, now, partnership)
        self.road, self.slack = road, road.slack
        self.screens = Screens()
        self.post = self.screens  # type: ignore[assignment]  # the same names, read off a screen
        self._homes: dict[str, Address] = {}
        self._teams: list[str] = []
        self._arriving: list[tuple[str, str]] = []
        """People who have an address and are not in Slack yet: name and e-mail address."""
        road.handle = EventHandler(store, prompts, {PLATFORM: road.messenger}).handle

    def played(self) -> dict[str, Any]:
        return {**super().played(), "slack": self.slack.world()}

    def resume(self, played: Mapping[str, Any]) -> None:
        super().resume(played)
        self.slack.resume(played["slack"])

    async def open_up(self, tx: SqlTx, school: School, names: Mapping[str, str], now: datetime) -> None:
        """Admit the school's workspace with its people (name → e-mail address)."""
        team = f"T{school.id:04}"
        await self.slack.add_workspace(team, school.name, f"xoxb-{team}")
        self._teams.append(team)
        await tx.workspaces.link(PLATFORM, team, school, now)
        for name, email in names.items():
            self._home(team, name, email)
        await self._arrive()

    def _home(self, team: str, name: str, email: str) -> None:
        self._homes[name] = Address(PLATFORM, team, f"U{team[1:]}{len(self._homes):04}")
        self._arriving.append((name, email))

    async def _arrive(self) -> None:
        while self._arriving:
            name, email = self._arriving.pop(0)
            await self.slack.add_person(self._homes[name].workspace, self._homes[name].user, email, name)

    def address(self, name: str) -> Address:
        """Return a person's address; a stranger is in the first workspace, with an e-mail address on no roster."""
        if name not in self._homes:
            self._home(self._teams[0], name, f"{name.replace(' ', '.').casefold()}@elsewhere.example")
        return self._homes[name]

    # --- speaking -------------------------------------------------------------------------------------------------

    async def hear(self, name: str, what: What, event_id: str = "") -> Reply | None:
        """Do this on Slack, where a single person can't join or leave by an event."""
        if isinstance(what, Joined | Left):
            return await super().hear(name, what, event_id)
        await self._look(name)
        answer = await self._do(name, what, event_id)
        assert answer.status == 200, (answer, what)
        refused = await self.slack.refused()
        assert not refused, refused
        return await self._reply(name, what, answer)

    async def press(self, name: str, label: str) -> Reply | None:
        """Press the button on the screen, or else one that was on it before: a screen may be out of date."""
        await self._look(name)
        at = await self._put_away(name)
        try:
            answer = await self.slack.press(at.workspace, at.user, label)
        except NotSent:
            return await super().press(name, label)
        assert answer.status == 200, answer
        reply = await self._reply(name, Command(label), answer)
        if reply is not None:
            self.heard[name].append(reply)
        return reply

    async def my_data(self, name: str) -> str:
        reply = await self.hear(name, Command("my data"))
        assert isinstance(reply, Message)
        [file] = [each for each in reply.elements if isinstance(each, File)]
        return file.content.decode()

    async def fill(self, name: str, **values: str) -> str:
        """Open the form of the newest check-in, and send it."""
        message = self.screens.received[name][-1]
        asked = next(each for each in message.elements if isinstance(each, Inputs))
        await self.form_of(name, asked)
        return plain(await self.submit(name, asked.form.name, asked.form.context, **values))

    async def form_of(self, name: str, asked: Inputs) -> Form:
        """Open the form by the question's button."""
        form = await self.hear(name, Opened(asked.form.name, asked.form.context))
        assert isinstance(form, Form), form
        return form

    async def _do(self, name: str, what: What, event_id: str) -> Answer:
        if isinstance(what, Submitted):
            return await self._send(self.address(name), what)
        at = await self._put_away(name)
        match what:
            case Said(text):
                return await self.slack.say(at.workspace, at.user, text, event_id)
            case Command(words):
                return await self.slack.command(at.workspace, at.user, words)
            case Opened():
                return await self._forge_press(at, what)
            case _:
                raise AssertionError(f"nobody does that on Slack: {what}")

    async def _send(self, at: Address, what: Submitted) -> Answer:
        modal = await self.slack.modal(at.workspace, at.user)
        is_open = modal and (modal.view["callback_id"], _context(modal.view)) == (what.form, what.context)
        if modal is not None and is_open:
            try:
                return await self.slack.submit(at.workspace, at.user, what.values)
            except NotSent:  # Slack's own client would have stopped it: a forged one would not
                return await self._forge_form(at, what, modal.view["private_metadata"])
        await self.slack.close_modals(at.workspace, at.user)
        return await self._forge_form(at, what, SlackReplyTarget().pack(what.context))

    async def _forge_press(self, at: Address, what: Opened) -> Answer:
        """Press a button that is not on the screen, in a request that Slack signed."""
        container = {"type": "message", "channel_id": "D0", "message_ts": "", "is_ephemeral": False}
        pressed = {"type": "button", "action_id": "press-1", "value": encode(what)}
        more = {"container": container, "actions": [pressed]}
        return await self.slack.forge(at.workspace, at.user, "block_actions", more)

    async def _forge_form(self, at: Address, what: Submitted, metadata: str) -> Answer:
        values = {
            key: {VALUE: {"type": "plain_text_input", "value": value}} for key, value in what.values.items()
        }
        view = {"type": "modal", "callback_id": what.form, "private_metadata": metadata}
        more = {"view": {**view, "state": {"values": values}}, "response_urls": []}
        return await self.slack.forge(at.workspace, at.user, "view_submission", more)

    async def _put_away(self, name: str) -> Address:
        """Close a person's modals before they do something else; return their address."""
        at = self.address(name)
        await self._arrive()
        await self.slack.close_modals(at.workspace, at.user)
        return at

    # --- looking --------------------------------------------------------------------------------------------------

    async def _reply(self, name: str, what: What, answer: Answer) -> Reply | None:
        """Return what has changed on the screen of the person who did something."""
        at = self.address(name)
        modal = await self.slack.modal(at.workspace, at.user)
        if modal is not None and self.screens.modals.get(name) != modal:
            self.screens.modals[name] = modal
            form = reading.form(modal.view, modal.errors, modal.typed)
            form = replace(form, context=_context(modal.view))
            return FieldErrors(form) if modal.errors else form
        if (wrong := answer.json.get("errors")) and isinstance(what, Submitted):
            return FieldErrors(_forged(what, wrong))
        new, changed = await self._look(name)
        sent = self.prompts.voice("en").text("wait.sent-to-chat")
        new = [each for each in new if each.summary != sent] or new
        if new:
            first = new[0]
            return replace(first, elements=tuple(element for each in new for element in each.elements))
        return Replacement(changed[-1]) if changed else None

    async def _look(self, name: str, *, delivering: bool = False) -> tuple[list[Message], list[Message]]:
        """Return what is new on a person's screen, and what has changed."""
        self.road.clock = self.now
        at, seen = self.address(name), self.screens.lines[name]
        await self._arrive()
        new: list[Message] = []
        changed: list[Message] = []
        for line in await self.slack.conversation(at.workspace, at.user):
            if not line.by_app:
                continue
            shown = {"text": line.text, "blocks": line.blocks, "files": list(line.files)}
            before, seen[line.ts] = seen.get(line.ts), shown
            if before == shown:
                continue
            message = reading.line(line, await self.slack.files())
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
        """Run one heartbeat; then everybody looks at their screen."""
        await self.before_the_beat()
        platforms = {PLATFORM: self.road.messenger}
        await delivery.run(self.store, self.prompts, platforms, self.now, platforms)
        await self.after_the_beat()

    async def before_the_beat(self) -> None:
        """Note what is on the screens, so that it does not count as delivered by the heartbeat."""
        self.screens.now = self.road.clock = self.now
        for name in tuple(self._homes):
            await self._look(name)

    async def after_the_beat(self) -> None:
        """Count what is new on the screens as delivered."""
        for name in tuple(self._homes):
            await self._look(name, delivering=True)


def _with_asks(message: Message) -> Message:
    """Return the message with each question's row of buttons as the `Inputs` that it stands for."""
    return replace(message, elements=tuple(map(_as_ask, message.elements)))


def _as_ask(element: Element) -> Element:
    if not isinstance(element, Buttons):
        return element
    first, *rest = element.items
    may_wait = any(isinstance(each.does, Command) and each.does.line.startswith("later ") for each in rest)
    if not isinstance(first.does, Opened) or not may_wait:
        return element
    form = Form(name=first.does.form, context=first.does.context, title="", inputs=(), submit="")
    return Inputs(form, first.label, tuple(rest))


def _context(view: Mapping[str, Any]) -> str:
    return SlackReplyTarget.unpack(view["private_metadata"])[0]


def _forged(what: Submitted, wrong: Mapping[str, str]) -> Form:
    """Return the form that a forged request would show with its errors."""
    asked = {*what.values, *wrong}
    return Form(
        name=what.form, context=what.context, title=what.form, submit="",
        inputs=tuple(
            Input(Question(key=key, kind=Kind.SHORT, label=key), what.values.get(key, ""), wrong.get(key, ""))
            for key in sorted(asked)
        ),
    )  # fmt: skip
