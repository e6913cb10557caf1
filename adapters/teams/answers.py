"""Replies to people on Teams: in place of the pressed card, in a dialog, or in the chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import structlog

from adapters.chat.carrying import REFUSED_EVENT, ContentRefused, carry
from adapters.chat.in_time import Pause
from adapters.chat.received import VoiceOf
from adapters.chat.watch import Watch
from adapters.teams import render
from adapters.teams.cards import in_language
from adapters.teams.inbound import TeamsReceived
from adapters.teams.messenger import CARD, PLATFORM, TeamsMessenger
from bot.message import FieldErrors, File, Form, Message, Replacement, Reply
from bot.model import CommandName
from bot.say.basics import plain, runs

log = structlog.get_logger()

Json: TypeAlias = dict[str, Any]
TeamsAnswer: TypeAlias = Mapping[str, Any] | None


WAITED_FOR = ("execute", "fetch", "dialog")
"""The kinds of actions whose answer a person's client waits for and shows."""


class TeamsAnswers:
    """Gives replies to the people who asked; each method returns what Teams must get at once, or None."""

    def __init__(self, messenger: TeamsMessenger, voice_of: VoiceOf, pause: Pause, watch: Watch) -> None:
        self._watch = watch
        self._messenger = messenger
        self._voice_of = voice_of
        self._try = partial(carry, pause=pause, longest_wait=30.0, lost_as="teams.answer-lost")

    async def give(self, received: TeamsReceived, reply: Reply | None, *, is_late: bool) -> TeamsAnswer:
        """Give the reply; when it is late, Teams has had its answer, and the reply goes to the chat."""
        match reply:
            case None:
                return None if is_late else await self._short_text(received, "wait.done-already")
            case Form():
                return await self._form(received, reply, is_late=is_late)
            case FieldErrors(form):
                return await self._again(received, form, is_late=is_late)
            case Replacement(message):
                card = await self._messenger.card(received.sender, message)
                return await self._replace(received, card, message.summary, is_late=is_late)
            case Message():
                return await self._message(received, reply, is_late=is_late)

    async def one_moment(self, received: TeamsReceived) -> TeamsAnswer:
        """Ask the person to wait, because the reply takes longer than Teams allows."""
        return await self._short_text(received, "wait.one-moment")

    async def busy(self, received: TeamsReceived) -> TeamsAnswer:
        """Tell the person that so much is under way that the press was not begun."""
        return await self._short_text(received, "error.busy")

    async def point_to_own_chat(self, received: TeamsReceived) -> None:
        """Tell a person who wrote in a team or group chat to write to the bot in their own chat."""
        await self._say(received, plain(await self._voice_of(received.sender), "wait.elsewhere"))

    async def withdraw_offer(self, received: TeamsReceived) -> None:
        """Replace the offer of a file that its reader did not want."""
        voice, target = await self._voice_of(received.sender), received.target
        if target.ref:
            gone = plain(voice, "wait.file-declined", runs(voice, "button.my-data", CommandName.MY_DATA))
            card = await self._messenger.card(received.sender, gone)
            await self._carry(
                received,
                gone.summary,
                lambda: self._messenger.replace(target.route, target.ref, card, gone.summary),
            )

    # --- forms ---------------------------------------------------------------------------------------------

    async def _form(self, received: TeamsReceived, form: Form, *, is_late: bool) -> TeamsAnswer:
        if received.target.kind in ("fetch", "dialog") and not is_late:
            return await self._dialog(received, form)
        if received.target.here:
            return await self._again(received, form, is_late=is_late)
        if render.is_long(form):
            voice = await self._voice_of(received.sender)
            opener = render.opener(form, voice.text("button.open-dialog"), voice.text("button.open-here"))
            card = in_language(opener, voice.language)
        else:
            card = await self._messenger.ready(received.sender, render.form(form))
        await self._carry(
            received, form.title, lambda: self._messenger.show(received.target.route, card, form.title)
        )
        return None if is_late else await self._short_text(received, "wait.below")

    async def _again(self, received: TeamsReceived, form: Form, *, is_late: bool) -> TeamsAnswer:
        """Show the form in place of itself, with its errors and what was typed."""
        if received.target.kind == "dialog" and not is_late:
            return await self._dialog(received, form)
        card = await self._messenger.ready(received.sender, render.form(form))
        return await self._replace(received, card, form.title, is_late=is_late)

    async def _dialog(self, received: TeamsReceived, form: Form) -> Json:
        card = await self._messenger.ready(received.sender, render.dialog(form, received.target.ref))
        info = {"title": form.title, "height": "large", "width": "medium"}
        return {"task": {"type": "continue", "value": {**info, "card": _attached(card)}}}

    # --- messages ------------------------------------------------------------------------------------------

    async def _carry(
        self, received: TeamsReceived, summary: str, call: Callable[[], Awaitable[object]]
    ) -> bool:
        """Make the call and return whether the person has an answer.

        Where Microsoft refuses the card, its summary is said as plain text, once.
        """
        try:
            return await self._try(call)
        except ContentRefused:
            await self._refused(received)
        sentence = (await self._voice_of(received.sender)).text("wait.not-shown")
        try:
            return await self._try(
                lambda: self._messenger.say_plainly(received.target.route, summary, sentence)
            )
        except ContentRefused:
            log.warning("teams.answer-lost", reason="ContentRefused")
            return False

    async def _refused(self, received: TeamsReceived) -> None:
        """Count an answer that Microsoft refused to show."""
        log.error(REFUSED_EVENT, platform=PLATFORM, kind=received.target.kind)
        await self._watch.refused()

    async def _message(self, received: TeamsReceived, message: Message, *, is_late: bool) -> TeamsAnswer:
        if received.target.kind == "file":
            await self._hand_over(received, message)
            return None
        if received.target.kind == "fetch" and not is_late:
            card = _attached(await self._messenger.card(received.sender, message))
            title = (await self._voice_of(received.sender)).text("manifest.name")
            return {"task": {"type": "continue", "value": {"title": title, "card": card}}}
        await self._say(received, message)
        if is_late or received.target.kind == "dialog":
            return None
        return await self._short_text(received, "wait.below")

    async def _replace(
        self, received: TeamsReceived, card: Json, summary: str, *, is_late: bool
    ) -> TeamsAnswer:
        """Replace the pressed card in the chat too: a card that Teams gets as the answer is shown for a while only."""
        changed = bool(received.target.ref) and await self._carry(
            received,
            summary,
            lambda: self._messenger.replace(received.target.route, received.target.ref, card, summary),
        )
        if received.target.kind == "execute" and not is_late:
            return {"statusCode": 200, "type": CARD, "value": card}
        if not changed:
            await self._carry(
                received, summary, lambda: self._messenger.show(received.target.route, card, summary)
            )
        return None

    async def _hand_over(self, received: TeamsReceived, message: Message) -> None:
        """Upload the message's file; where that fails, or there is none, say so."""
        target = received.target
        files = [each for each in message.elements if isinstance(each, File)]
        if not files:
            await self._say(received, message)
        for file in files:
            upload = partial(self._messenger.hand_over, target.route, target.ref, file, target.upload)
            if not await self._is_uploaded(upload):
                voice = await self._voice_of(received.sender)
                again = runs(voice, "button.my-data", CommandName.MY_DATA)
                await self._say(received, plain(voice, "wait.file-failed", again))

    async def _is_uploaded(self, upload: Callable[[], Awaitable[object]]) -> bool:
        try:
            return await self._try(upload)
        except ContentRefused:
            return False

    async def _say(self, received: TeamsReceived, message: Message) -> None:
        await self._carry(received, message.summary, lambda: self._messenger.say(received.sender, message))

    async def _short_text(self, received: TeamsReceived, key: str) -> TeamsAnswer:
        """Return a short text, where Teams waits for one."""
        if received.target.kind not in WAITED_FOR:
            return None
        voice = await self._voice_of(received.sender)
        if received.target.kind == "execute":
            kind = "application/vnd.microsoft.activity.message"
            return {"statusCode": 200, "type": kind, "value": voice.text(key)}
        return {"task": {"type": "message", "value": voice.text(key)}}


def _attached(card: Json) -> Json:
    return {"contentType": CARD, "content": card}
