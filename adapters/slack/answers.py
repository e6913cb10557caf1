"""How a reply reaches the person on Slack: at once, in place of what they pressed, or in the chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import structlog

from adapters.chat.carrying import carry
from adapters.chat.in_time import Pause
from adapters.slack import render
from adapters.slack.inbound import SlackReplyTarget
from adapters.slack.messenger import SlackMessenger
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.events import What, written
from bot.message import FieldErrors, File, Form, Image, Message, Quote, Replacement, Reply, Text
from bot.model import Address
from bot.prompts import Voice

log = structlog.get_logger()

Ack: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["command", "press", "form", "words", "mention", "home"]
NOTHING: Ack = {}
NOWHERE = SlackReplyTarget()
VoiceOf: TypeAlias = Callable[[Address], Awaitable[Voice]]
"""In whose language somebody is spoken to."""
LAST_TRY = 3
"""Slack brings an event again at once, after a minute and after five, until it gets a 200; and nothing but events."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody did, and where its answer goes."""

    kind: Kind
    sender: Address
    place: SlackReplyTarget = NOWHERE
    trigger: str = ""
    """Opens a modal, for three seconds and once."""
    tried: int = LAST_TRY
    """How often Slack has brought it before."""
    late: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when Slack has had its answer already: what comes now goes to the chat."""

    @property
    def is_late(self) -> bool:
        return self.late.is_set()


class SlackAnswers:
    """Gives replies to whoever asked. What Slack is to answer at once is returned."""

    def __init__(self, messenger: SlackMessenger, voice_of: VoiceOf, pause: Pause) -> None:
        self._messenger = messenger
        self._voice_of = voice_of
        self._carry = partial(carry, pause=pause, longest_wait=60.0, lost_as="slack.answer-lost")

    async def give(self, asked: Asked, what: What, reply: Reply | None) -> Ack:
        """The reply, in its place."""
        match reply:
            case None:
                return NOTHING
            case Form():
                return await self._form(asked, reply)
            case FieldErrors(form):
                return await self._errors(asked, what, form)
            case Replacement(message):
                return await self._instead(asked, message)
            case Message():
                return await self._message(asked, reply)

    async def one_moment(self, asked: Asked) -> Ack:
        """For what takes longer than Slack waits."""
        if asked.kind != "command":
            return NOTHING
        voice = await self._voice_of(asked.sender)
        return _only_to_them({"text": voice.text("wait.one-moment")})

    async def not_taken(self, asked: Asked) -> None:
        """For what Slack brings again; said once. Late, Slack believes that we have it, and the person is asked."""
        if asked.is_late:
            await self._message(asked, await self._plain(asked, "error.unexpected"))
        elif asked.tried == 0:
            await self._message(asked, await self._plain(asked, "wait.comes-again"))

    # --- forms ---------------------------------------------------------------------------------------------

    async def _form(self, asked: Asked, form: Form) -> Ack:
        view = {**render.view(form), "private_metadata": asked.place.pack(form.context)}
        if asked.kind == "form" and not asked.is_late:
            return {"response_action": "update", "view": view}
        if asked.trigger and not asked.is_late:
            try:
                await self._messenger.open_view(asked.sender, asked.trigger, view)
            except (Unreachable, SendError, Uncertain, Disconnected):
                log.info("slack.view-not-opened")
            else:
                return NOTHING
        return await self._message(asked, await self._plain(asked, "wait.open-form"))

    async def _errors(self, asked: Asked, what: What, form: Form) -> Ack:
        if asked.kind == "form" and not asked.is_late:
            wrong = render.errors(form)
            if wrong:
                return {"response_action": "errors", "errors": wrong}
            return await self._form(asked, form)
        quotes = tuple(Quote(text) for text in written(what))
        sorry = await self._plain(asked, "wait.late-form")
        return await self._message(asked, replace(sorry, elements=(*sorry.elements, *quotes)))

    async def _plain(self, asked: Asked, key: str) -> Message:
        voice = await self._voice_of(asked.sender)
        return Message(voice.text(key), (Text(voice.markdown(key)),))

    # --- messages ------------------------------------------------------------------------------------------

    async def _message(self, asked: Asked, message: Message) -> Ack:
        if asked.kind == "home":
            await self._carry(lambda: self._messenger.show_home(asked.sender, message))
            return NOTHING
        if asked.kind == "command" and not asked.is_late:
            if not _needs_the_chat(message):
                return _only_to_them(render.message(message))
            is_there = await self._say(asked, message)
            voice = await self._voice_of(asked.sender)
            words = voice.text("wait.sent-to-chat") if is_there else voice.text("error.platform-is-silent")
            return _only_to_them({"text": words})
        if not await self._in_place(asked, message):
            await self._say(asked, message)
        return NOTHING

    async def _in_place(self, asked: Asked, message: Message) -> bool:
        """Where they spoke, seen by them only; whether it could be shown there."""
        place = asked.place
        if _needs_the_chat(message):
            return False
        if asked.kind == "mention":
            return await self._carry(
                lambda: self._messenger.whisper(asked.sender, place.channel, message, thread=place.ts)
            )
        if place.respond and not asked.is_late:
            answer = {**_only_to_them(render.message(message)), "replace_original": False}
            return await self._carry(lambda: self._messenger.respond(place.respond, answer))
        return False

    async def _instead(self, asked: Asked, message: Message) -> Ack:
        place = asked.place
        if asked.kind not in ("press", "form") or not (place.respond or place.ts):
            return await self._message(asked, message)
        if place.respond:
            answer = {**render.message(message), "replace_original": True}
            is_there = await self._carry(lambda: self._messenger.respond(place.respond, answer))
        else:
            ref = f"{place.channel}:{place.ts}"
            is_there = await self._carry(lambda: self._messenger.update(asked.sender, ref, message))
        if not is_there:  # too old, or taken away
            await self._say(asked, message)
        return NOTHING

    async def _say(self, asked: Asked, message: Message) -> bool:
        thread = asked.place.ts if asked.kind == "words" else ""
        return await self._carry(lambda: self._messenger.say(asked.sender, message, thread=thread))


def _only_to_them(answer: Ack) -> Ack:
    return {"response_type": "ephemeral", **answer}


def _needs_the_chat(message: Message) -> bool:
    """Files and pictures cannot be in what only one person sees for a while."""
    return any(isinstance(each, File | Image) for each in message.elements)
