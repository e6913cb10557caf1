"""The interface of a chat platform, and of the function that an adapter calls with each event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from bot.events import Event, SentFile
from bot.message import Message, Reply
from bot.model import Account, Address

Handle: TypeAlias = Callable[[Event], Awaitable[Reply | None]]
"""Take an event and return the reply, if any, for the person who caused it.

Raises `StoreAway`, but only for an event that the platform delivers again.
"""


class Messenger(Protocol):
    """Sending on one platform.

    All methods raise `SendError` (try again later), `Uncertain` (the message may have arrived), `Disconnected` (the
    workspace has removed the bot) or `Unreachable` (this address will never take a message).
    """

    @property
    def one_at_a_time(self) -> bool:
        """True if a workspace gets one message after another, because `find` cannot tell what has arrived."""

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Send a message, and return the reference by which it can be updated."""

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Replace a sent message."""

    async def find(self, address: Address, delivery_id: int) -> str | None:
        """Return the reference of a message whose sending was uncertain, or None if it never arrived.

        Raises `Untraceable` where the platform cannot be asked.
        """


class Directory(Protocol):
    """The people of a platform, and what they send. Methods raise `SendError` where it does not answer in time."""

    @property
    def gathers(self) -> bool:
        """True if the bot can open one chat of several people."""

    async def email_of(self, address: Address) -> str:
        """Return the e-mail address; empty for guests and bots, and where the platform does not tell."""

    async def named(self, workspace: str, email: str) -> Address | None:
        """Return the address of the person with that e-mail address; None also where the platform does not tell."""

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        """Return the people in a channel, without bots and guests.

        Raises `UserError` where the bot cannot see the channel.
        """

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        """Return the content of a sent file of at most so many bytes, from the platform's own machines only.

        Raises `UserError` for a larger file, and for one that the platform does not give.
        """
