"""How a reply reaches the person on Teams: in place of what they pressed, in a dialog, or in the chat."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import structlog

from adapters.teams import render
from adapters.teams.inbound import Place
from adapters.teams.messenger import CARD, TeamsMessenger
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.message import FieldErrors, File, Form, Message, Replacement, Reply, Text
from bot.prompts import Voice

log = structlog.get_logger()

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Mapping[str, Any] | None
NOTHING: Json = {}
TRIES = 3
LONGEST_WAIT = 30.0
"""Seconds; whoever was told to wait longer has long looked elsewhere."""


class Answers:
    """Gives replies to whoever asked. What the platform is to answer at once is returned: None is an empty answer."""

    def __init__(self, messenger: TeamsMessenger, voice: Voice) -> None:
        self._messenger = messenger
        self._voice = voice

    async def give(self, place: Place, reply: Reply | None, *, is_late: bool) -> Answer:
        """The reply, in its place. Late, the platform has had its answer, and all goes to the chat."""
        match reply:
            case None:
                return None if is_late else self._told(place, "wait.done-already")
            case Form():
                return await self._form(place, reply, is_late=is_late)
            case FieldErrors(form):
                return await self._again(place, form, is_late=is_late)
            case Replacement(message):
                card = self._messenger.card(message)
                return await self._instead(place, card, message, is_late=is_late)
            case Message():
                return await self._message(place, reply, is_late=is_late)

    def one_moment(self, place: Place) -> Answer:
        """For what takes longer than the platform waits."""
        return self._told(place, "wait.one-moment")

    async def point(self, place: Place) -> None:
        """In company: where to speak instead."""
        text = Text(self._voice.md("wait.elsewhere"))
        await self._say(place, Message(self._voice("wait.elsewhere"), (text,)))

    # --- forms ---------------------------------------------------------------------------------------------

    async def _form(self, place: Place, form: Form, *, is_late: bool) -> Answer:
        if place.kind in ("fetch", "dialog") and not is_late:
            return self._dialog(place, form)
        if place.here:
            return await self._again(place, form, is_late=is_late)
        if render.is_long(form):
            card = render.opener(form, self._voice("button.open-dialog"), self._voice("button.open-here"))
        else:
            card = _marked(render.form(form))
        await self._carry(lambda: self._messenger.show(place.route, card, form.title))
        return None if is_late else self._told(place, "wait.below")

    async def _again(self, place: Place, form: Form, *, is_late: bool) -> Answer:
        """The form in place of itself, with what is wrong and what was typed."""
        if place.kind == "dialog" and not is_late:
            return self._dialog(place, form)
        card = _marked(render.form(form))
        return await self._instead(place, card, Message(form.title), is_late=is_late)

    def _dialog(self, place: Place, form: Form) -> Json:
        card = _marked(render.dialog(form, place.ref))
        info = {"title": form.title, "height": "large", "width": "medium"}
        return {"task": {"type": "continue", "value": {**info, "card": _attached(card)}}}

    # --- messages ------------------------------------------------------------------------------------------

    async def _message(self, place: Place, message: Message, *, is_late: bool) -> Answer:
        if place.kind == "file":
            await self._hand_over(place, message)
            return None
        if place.kind == "fetch" and not is_late:
            card = _attached(self._messenger.card(message))
            return {
                "task": {"type": "continue", "value": {"title": self._voice("manifest.name"), "card": card}}
            }
        await self._say(place, message)
        return None if is_late or place.kind == "dialog" else self._told(place, "wait.below")

    async def _instead(self, place: Place, card: Json, message: Message, *, is_late: bool) -> Answer:
        """What the platform shows at once is only in sight for a while: the message itself is changed too."""
        changed = bool(place.ref) and await self._carry(
            lambda: self._messenger.replace(place.route, place.ref, card, message.summary)
        )
        if place.kind == "execute" and not is_late:
            return {"statusCode": 200, "type": CARD, "value": card}
        if not changed:
            await self._carry(lambda: self._messenger.show(place.route, card, message.summary))
        return None

    async def _hand_over(self, place: Place, message: Message) -> None:
        for file in message.elements:
            if isinstance(file, File):
                await self._carry(
                    lambda file=file: self._messenger.hand_over(place.route, place.ref, file, place.upload)  # type: ignore[misc]  # mypy does not follow the default
                )

    async def _say(self, place: Place, message: Message) -> None:
        await self._carry(lambda: self._messenger.say(place.route, message))

    def _told(self, place: Place, key: str) -> Answer:
        """A short word where the platform waits for one."""
        match place.kind:
            case "execute":
                kind = "application/vnd.microsoft.activity.message"
                return {"statusCode": 200, "type": kind, "value": self._voice(key)}
            case "fetch" | "dialog":
                return {"task": {"type": "message", "value": self._voice(key)}}
            case _:
                return None

    async def _carry(self, call: Callable[[], Awaitable[object]]) -> bool:
        """Whether it went: what is done is done already, so a platform that stumbles costs the answer only."""
        for _ in range(TRIES):
            try:
                await call()
            except SendError as refused:
                wait = refused.retry_after
                await asyncio.sleep(1 if wait is None else min(LONGEST_WAIT, wait.total_seconds()))
            except (Uncertain, Unreachable, Disconnected) as lost:
                log.warning("teams.answer-lost", reason=type(lost).__name__)
                return False
            else:
                return True
        log.warning("teams.answer-lost", reason="SendError")
        return False


def _marked(card: Json) -> Json:
    return render.marked(card, secrets.token_hex(8))


def _attached(card: Json) -> Json:
    return {"contentType": CARD, "content": card}
