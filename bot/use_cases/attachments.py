"""Use cases on what people send beside text: photos, voice clips and files, none of which the bot reads."""

from __future__ import annotations

from dataclasses import replace

from bot.events import Attachment
from bot.message import Message, Reply, Text
from bot.prompts import Voice
from bot.say import basics
from bot.use_cases.request import Request


async def receive(request: Request, attached: tuple[Attachment, ...]) -> Message:
    """Answer a message that holds no text: this is the place where a coordinator's file would be taken."""
    return basics.plain(request.voice, _key(attached))


def add_sentence(voice: Voice, reply: Reply | None, attached: tuple[Attachment, ...]) -> Reply | None:
    """Add to the reply to a text that what came with it was not taken."""
    if not isinstance(reply, Message):
        return reply
    return replace(reply, elements=(*reply.elements, Text(voice.markdown(f"{_key(attached)}-beside"))))


def _key(attached: tuple[Attachment, ...]) -> str:
    """Return the sentence on the first of them."""
    return f"attached.{attached[0].kind}"
