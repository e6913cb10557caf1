"""How a reply reaches the person on Teams: in place of what they pressed, in a dialog, or in the chat."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias

from adapters.chat.carrying import carry
from adapters.chat.in_time import Pause
from adapters.teams import render
from adapters.teams.inbound import Taken
from adapters.teams.messenger import CARD, TeamsMessenger, VoiceOf
from bot.message import FieldErrors, File, Form, Message, Replacement, Reply, Text

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Mapping[str, Any] | None
NOTHING: Json = {}


class TeamsAnswers:
    """Gives replies to whoever asked. What the platform is to answer at once is returned: None is an empty answer."""

    def __init__(self, messenger: TeamsMessenger, voice_of: VoiceOf, pause: Pause) -> None:
        self._messenger = messenger
        self._voice_of = voice_of
        self._carry = partial(carry, pause=pause, longest_wait=30.0, lost_as="teams.answer-lost")

    async def give(self, taken: Taken, reply: Reply | None, *, is_late: bool) -> Answer:
        """The reply, in its taken.place. Late, the platform has had its answer, and all goes to the chat."""
        match reply:
            case None:
                return None if is_late else await self._told(taken, "wait.done-already")
            case Form():
                return await self._form(taken, reply, is_late=is_late)
            case FieldErrors(form):
                return await self._again(taken, form, is_late=is_late)
            case Replacement(message):
                card = await self._messenger.card(taken.sender, message)
                return await self._instead(taken, card, message, is_late=is_late)
            case Message():
                return await self._message(taken, reply, is_late=is_late)

    async def one_moment(self, taken: Taken) -> Answer:
        """For what takes longer than the platform waits."""
        return await self._told(taken, "wait.one-moment")

    async def point(self, taken: Taken) -> None:
        """In company: where to speak instead."""
        voice = await self._voice_of(taken.sender)
        await self._say(
            taken, Message(voice.text("wait.elsewhere"), (Text(voice.markdown("wait.elsewhere")),))
        )

    # --- forms ---------------------------------------------------------------------------------------------

    async def _form(self, taken: Taken, form: Form, *, is_late: bool) -> Answer:
        if taken.place.kind in ("fetch", "dialog") and not is_late:
            return await self._dialog(taken, form)
        if taken.place.here:
            return await self._again(taken, form, is_late=is_late)
        if render.is_long(form):
            voice = await self._voice_of(taken.sender)
            card = render.opener(form, voice.text("button.open-dialog"), voice.text("button.open-here"))
        else:
            card = await self._messenger.ready(taken.sender, render.form(form))
        await self._carry(lambda: self._messenger.show(taken.place.route, card, form.title))
        return None if is_late else await self._told(taken, "wait.below")

    async def _again(self, taken: Taken, form: Form, *, is_late: bool) -> Answer:
        """The form in place of itself, with what is wrong and what was typed."""
        if taken.place.kind == "dialog" and not is_late:
            return await self._dialog(taken, form)
        card = await self._messenger.ready(taken.sender, render.form(form))
        return await self._instead(taken, card, Message(form.title), is_late=is_late)

    async def _dialog(self, taken: Taken, form: Form) -> Json:
        card = await self._messenger.ready(taken.sender, render.dialog(form, taken.place.ref))
        info = {"title": form.title, "height": "large", "width": "medium"}
        return {"task": {"type": "continue", "value": {**info, "card": _attached(card)}}}

    # --- messages ------------------------------------------------------------------------------------------

    async def _message(self, taken: Taken, message: Message, *, is_late: bool) -> Answer:
        if taken.place.kind == "file":
            await self._hand_over(taken, message)
            return None
        if taken.place.kind == "fetch" and not is_late:
            card = _attached(await self._messenger.card(taken.sender, message))
            title = (await self._voice_of(taken.sender)).text("manifest.name")
            return {"task": {"type": "continue", "value": {"title": title, "card": card}}}
        await self._say(taken, message)
        return None if is_late or taken.place.kind == "dialog" else await self._told(taken, "wait.below")

    async def _instead(self, taken: Taken, card: Json, message: Message, *, is_late: bool) -> Answer:
        """What the platform shows at once is only in sight for a while: the message itself is changed too."""
        changed = bool(taken.place.ref) and await self._carry(
            lambda: self._messenger.replace(taken.place.route, taken.place.ref, card, message.summary)
        )
        if taken.place.kind == "execute" and not is_late:
            return {"statusCode": 200, "type": CARD, "value": card}
        if not changed:
            await self._carry(lambda: self._messenger.show(taken.place.route, card, message.summary))
        return None

    async def _hand_over(self, taken: Taken, message: Message) -> None:
        for file in message.elements:
            if isinstance(file, File):
                await self._carry(
                    lambda file=file: self._messenger.hand_over(
                        taken.place.route, taken.place.ref, file, taken.place.upload
                    )  # type: ignore[misc]  # mypy does not follow the default
                )

    async def _say(self, taken: Taken, message: Message) -> None:
        await self._carry(lambda: self._messenger.say(taken.sender, message))

    async def _told(self, taken: Taken, key: str) -> Answer:
        """A short word where the platform waits for one."""
        if taken.place.kind not in ("execute", "fetch", "dialog"):
            return None
        voice = await self._voice_of(taken.sender)
        if taken.place.kind == "execute":
            kind = "application/vnd.microsoft.activity.message"
            return {"statusCode": 200, "type": kind, "value": voice.text(key)}
        return {"task": {"type": "message", "value": voice.text(key)}}


def _attached(card: Json) -> Json:
    return {"contentType": CARD, "content": card}
