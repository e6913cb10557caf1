"""What the core needs of a chat platform, and what an adapter needs of the core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from bot.events import Event
from bot.message import Message, Reply
from bot.model import Account, Address

Handle: TypeAlias = Callable[[Event], Awaitable[Reply | None]]
"""What an adapter calls with each event; the reply, if any, is for the person who caused it.

Raises `StoreAway`, and only of an event that comes again.
"""


class Messenger(Protocol):
    """Carries messages on one platform.

    Errors: `SendError` (again later), `Uncertain`, `Disconnected` (not before they let us in), `Unreachable` (never).
    """

    @property
    def one_at_a_time(self) -> bool:
        """Whether a workspace is sent one message after another, because nobody can be asked there what arrived."""

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Send, and return a reference by which the message can be updated."""

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Put another message in the place of a sent one."""

    async def find(self, address: Address, delivery_id: int) -> str | None:
        """The reference of what an uncertain try left on the platform, or None: it never arrived.

        Raises `Untraceable` where nobody can be asked.
        """


class Directory(Protocol):
    """What a platform knows of its people. Whatever it does not answer in time is a `SendError`."""

    @property
    def gathers(self) -> bool:
        """Whether the bot can open one chat of several people there."""

    async def email_of(self, address: Address) -> str:
        """The e-mail address, or nothing: for guests, bots and where the platform doesn't tell."""

    async def named(self, workspace: str, email: str) -> Address | None:
        """Who has that e-mail address in that workspace, where the platform tells."""

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        """Who is in a channel, without bots and guests. Raises `UserError` where the bot can't see it."""
