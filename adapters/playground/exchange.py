"""One turn of a conversation: an event goes to the core, and what comes back goes where the person looks."""

from __future__ import annotations

from adapters.playground.messenger import PlaygroundMessenger
from bot.events import Event
from bot.message import Message, Replacement, Reply
from bot.ports import Handle


class Exchange:
    """Carries events to the core and its replies into the conversation."""

    def __init__(self, handle: Handle, messenger: PlaygroundMessenger) -> None:
        self._handle = handle
        self._messenger = messenger

    async def take(self, event: Event, *, typed: str = "", line_id: int | None = None) -> Reply | None:
        """The core's reply, already shown where it is a message; a form is for the caller to open.

        `typed` is what the person wrote, `line_id` the line whose button was pressed. A repeated event shows nothing.
        """
        reply = await self._handle(event)
        if reply is None:
            return None
        if typed:
            await self._messenger.hear(event.sender, typed)
        if isinstance(reply, Message):
            await self._messenger.reply(event.sender, reply)
        elif isinstance(reply, Replacement) and line_id is not None:
            await self._messenger.put(event.sender, line_id, reply.message)
        elif isinstance(reply, Replacement):
            await self._messenger.reply(event.sender, reply.message)
        return reply
