"""One turn of a conversation: an event goes to the core, and its reply into the conversation."""

from __future__ import annotations

from adapters.playground.messenger import PlaygroundMessenger
from bot.events import Event
from bot.message import Message, Replacement, Reply
from bot.ports import Handle


class Exchange:
    """Hands events to the core and puts its replies into the conversation."""

    def __init__(self, handle: Handle, messenger: PlaygroundMessenger) -> None:
        self._handle = handle
        self._messenger = messenger

    async def take(self, event: Event, *, typed: str = "", line_id: int | None = None) -> Reply | None:
        """Return the core's reply; a message is shown already, a form is for the caller to open.

        `typed` is the text that the person typed, `line_id` the line whose button they pressed. None: a repeated event.
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
