"""Replies to people on Slack: at once, in place of the pressed message, or in the chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import structlog

from adapters.chat.carrying import REFUSED_EVENT, ContentRefused, carry
from adapters.chat.in_time import Pause
from adapters.chat.received import VoiceOf
from adapters.chat.watch import Watch
from adapters.slack import render
from adapters.slack.inbound import SlackReceived
from adapters.slack.messenger import PLATFORM, SlackMessenger
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.events import written
from bot.message import FieldErrors, File, Form, Image, Message, Quote, Replacement, Reply
from bot.say.basics import plain

log = structlog.get_logger()

Ack: TypeAlias = dict[str, Any]
TurnKind: TypeAlias = Literal["command", "press", "form", "text", "mention", "home"]
NOTHING: Ack = {}
LAST_TRY = 3
"""Slack sends an event again at once, after a minute and after five, until it gets a 200; and nothing but events."""


@dataclass(frozen=True, slots=True)
class SlackTurn:
    """An action of a person on Slack, and the ways to answer it."""

    kind: TurnKind
    received: SlackReceived
    tried: int = LAST_TRY
    """The number of times that Slack has sent the request before."""
    late: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when Slack has had its answer already: the reply goes to the chat."""

    @property
    def is_late(self) -> bool:
        return self.late.is_set()

    @property
    def trigger(self) -> str:
        """The id that opens a modal, once and within three seconds; empty where Slack gives none."""
        return self.received.id if self.kind in ("command", "press") else ""


class SlackAnswers:
    """Gives replies to the people who asked; each method returns what Slack must get at once."""

    def __init__(self, messenger: SlackMessenger, voice_of: VoiceOf, pause: Pause, watch: Watch) -> None:
        self._watch = watch
        self._messenger = messenger
        self._voice_of = voice_of
        self._pause = pause

    async def give(self, turn: SlackTurn, reply: Reply | None) -> Ack:
        """Give the reply."""
        match reply:
            case None:
                return NOTHING
            case Form():
                return await self._form(turn, reply)
            case FieldErrors(form):
                return await self._errors(turn, form)
            case Replacement(message):
                return await self._replace(turn, message)
            case Message():
                return await self._message(turn, reply)

    async def one_moment(self, turn: SlackTurn) -> Ack:
        """Ask the person to wait, because the reply takes longer than Slack allows."""
        if turn.kind != "command":
            return NOTHING
        voice = await self._voice_of(turn.received.sender)
        return _only_to_them({"text": voice.text("wait.one-moment")})

    async def busy(self, turn: SlackTurn) -> Ack:
        """Tell the person that so much is under way that the command was not begun."""
        voice = await self._voice_of(turn.received.sender)
        return _only_to_them({"text": voice.text("error.busy")})

    async def not_stored(self, turn: SlackTurn) -> None:
        """Tell the person that the store is away: Slack will send this again, or they are asked to.

        A late turn was acknowledged, so Slack does not send it again.
        """
        if turn.is_late:
            await self._message(turn, await self._plain(turn, "wait.not-kept"))
        elif turn.tried == 0:
            await self._message(turn, await self._plain(turn, "wait.comes-again"))

    # --- forms ---------------------------------------------------------------------------------------------

    async def _form(self, turn: SlackTurn, form: Form) -> Ack:
        view = {**render.view(form), "private_metadata": turn.received.target.pack(form.context)}
        if turn.kind == "form" and not turn.is_late:
            return {"response_action": "update", "view": view}
        if turn.trigger and not turn.is_late:
            try:
                await self._messenger.open_view(turn.received.sender, turn.trigger, view)
            except ContentRefused:
                await self._refused(turn)
            except (Unreachable, SendError, Uncertain, Disconnected):
                log.info("slack.view-not-opened")
            else:
                return NOTHING
        return await self._message(turn, await self._plain(turn, "wait.open-form"))

    async def _errors(self, turn: SlackTurn, form: Form) -> Ack:
        if turn.kind == "form" and not turn.is_late:
            errors = render.errors(form)
            if errors:
                return {"response_action": "errors", "errors": errors}
            return await self._form(turn, form)
        quotes = tuple(Quote(text) for text in written(turn.received.what))
        sorry = await self._plain(turn, "wait.late-form")
        return await self._message(turn, replace(sorry, elements=(*sorry.elements, *quotes)))

    async def _plain(self, turn: SlackTurn, key: str) -> Message:
        return plain(await self._voice_of(turn.received.sender), key)

    # --- messages ------------------------------------------------------------------------------------------

    async def _carry(self, turn: SlackTurn, message: Message, call: Callable[[], Awaitable[object]]) -> bool:
        """Make the call and return whether the person has an answer.

        Where Slack refuses the message, its summary is said without blocks, once.
        """
        carried = partial(carry, pause=self._pause, longest_wait=60.0, lost_as="slack.answer-lost")
        try:
            return await carried(call)
        except ContentRefused:
            await self._refused(turn)
        voice = await self._voice_of(turn.received.sender)
        thread = turn.received.target.ts if turn.kind == "text" else ""
        try:
            return await carried(
                lambda: self._messenger.say_plainly(
                    turn.received.sender, message, voice.text("wait.not-shown"), thread=thread
                )
            )
        except ContentRefused:
            log.warning("slack.answer-lost", reason="ContentRefused")
            return False

    async def _refused(self, turn: SlackTurn) -> None:
        """Count an answer that Slack refused to show."""
        log.error(REFUSED_EVENT, platform=PLATFORM, kind=turn.kind)
        await self._watch.refused()

    async def _message(self, turn: SlackTurn, message: Message) -> Ack:
        sender = turn.received.sender
        if turn.kind == "home":
            await self._carry(turn, message, lambda: self._messenger.show_home(sender, message))
            return NOTHING
        if turn.kind == "command" and not turn.is_late:
            return await self._answer_command(turn, message)
        if not await self._show_where_asked(turn, message):
            await self._say(turn, message)
        return NOTHING

    async def _answer_command(self, turn: SlackTurn, message: Message) -> Ack:
        if not _needs_the_chat(message):
            return _only_to_them(render.message(message))
        is_sent = await self._say(turn, message)
        voice = await self._voice_of(turn.received.sender)
        key = "wait.sent-to-chat" if is_sent else "error.platform-is-silent"
        return _only_to_them({"text": voice.text(key)})

    async def _show_where_asked(self, turn: SlackTurn, message: Message) -> bool:
        """Show the message in the channel to this person alone, and return whether that was possible."""
        sender, target = turn.received.sender, turn.received.target
        if _needs_the_chat(message):
            return False
        if turn.kind == "mention":
            return await self._carry(
                turn,
                message,
                lambda: self._messenger.post_ephemeral(sender, target.channel, message, thread=target.ts),
            )
        if target.respond and not turn.is_late:
            answer = {**_only_to_them(render.message(message)), "replace_original": False}
            return await self._carry(turn, message, lambda: self._messenger.respond(target.respond, answer))
        return False

    async def _replace(self, turn: SlackTurn, message: Message) -> Ack:
        """Replace the pressed message; where it is too old or deleted, the replacement comes as a new message."""
        sender, target = turn.received.sender, turn.received.target
        if (
            turn.kind not in ("press", "form")
            or not (target.respond or target.ts)
            or not render.fits(message)
        ):
            return await self._message(turn, message)
        if target.respond:
            answer = {**render.message(message), "replace_original": True}
            is_replaced = await self._carry(
                turn, message, lambda: self._messenger.respond(target.respond, answer)
            )
        else:
            ref = f"{target.channel}:{target.ts}"
            is_replaced = await self._carry(
                turn, message, lambda: self._messenger.update(sender, ref, message)
            )
        if not is_replaced:
            await self._say(turn, message)
        return NOTHING

    async def _say(self, turn: SlackTurn, message: Message) -> bool:
        thread = turn.received.target.ts if turn.kind == "text" else ""
        return await self._carry(
            turn, message, lambda: self._messenger.say(turn.received.sender, message, thread=thread)
        )


def _only_to_them(answer: Ack) -> Ack:
    return {"response_type": "ephemeral", **answer}


def _needs_the_chat(message: Message) -> bool:
    """Tell whether the message has files or pictures, or is too long: one ephemeral message cannot hold it."""
    return any(isinstance(each, File | Image) for each in message.elements) or not render.fits(message)
