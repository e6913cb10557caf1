"""The playground's messenger: messages become lines of a conversation, and open pages are told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias, TypedDict

from adapters.chat import plain
from adapters.playground import render
from bot.message import Message
from bot.model import Address

NOTICES_WAITING = 1_000
"""The most notices that wait for a page. Beyond that its connection is closed; the browser connects again."""

Preview: TypeAlias = Callable[[Message], str]
"""Renders a message as a platform would get it."""


class Line(Protocol):
    """One message in somebody's conversation with the bot."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def author(self) -> str:
        """`bot` or `person`."""

    @property
    def html(self) -> str: ...
    @property
    def plain(self) -> str: ...
    @property
    def previews(self) -> Mapping[str, str] | None:
        """The text that each platform would get, by platform."""

    @property
    def replaced(self) -> bool:
        """True if another message stood here before."""


class Rendered(TypedDict):
    """One message as the page, a transcript and each platform would show it."""

    html: str
    plain: str
    previews: Mapping[str, str]


class Conversations(Protocol):
    """The store of the lines and of the playground's clock."""

    async def lines(self, workspace: str, person: str) -> Sequence[Line]:
        """Return the whole conversation, oldest first."""

    async def add(
        self,
        *,
        workspace: str,
        person: str,
        at: datetime,
        author: str,
        html: str,
        plain: str,
        previews: Mapping[str, str] | None = None,
        delivery_id: int | None = None,
    ) -> int:
        """Add a line and return its id; for a delivery that is there already, return the first line's."""

    async def replace(
        self, line_id: int, *, html: str, plain: str, previews: Mapping[str, str], at: datetime
    ) -> None:
        """Put another message in the place of a line."""

    async def find(self, delivery_id: int) -> int | None:
        """Return the id of the line by which a delivery arrived, or None."""

    async def clock(self) -> datetime | None:
        """Return the playground's time, or None before it was ever set."""

    async def set_clock(self, now: datetime) -> None:
        """Set the playground's time."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A change that a page should show: in a person's conversation or, without a person, in the time."""

    person: str = ""
    is_news: bool = False
    """True for a message that is not a reply: the page then marks the person as having news."""


class PlaygroundMessenger:
    """The port `Messenger` on the playground's conversations; a reference is a line's id."""

    one_at_a_time = False

    def __init__(self, conversations: Conversations, rendered: Callable[[Message], Rendered]) -> None:
        self._conversations = conversations
        self._rendered = rendered
        self._pages: set[asyncio.Queue[Notice | None]] = set()

    # --- the port ------------------------------------------------------------------------------------------

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Add the message once, however often it is sent."""
        return str(await self._add(address, message, delivery_id))

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Put another message in the place of a sent one."""
        rendered = await asyncio.to_thread(self._rendered, message)
        await self._conversations.replace(int(ref), **rendered, at=await self._now())
        self.tell(Notice(person_id(address)))

    async def find(self, address: Address, delivery_id: int) -> str | None:  # noqa: ARG002  # the port's
        """Return the reference of the line by which a delivery arrived, or None."""
        line_id = await self._conversations.find(delivery_id)
        return None if line_id is None else str(line_id)

    # --- a conversation --------------------------------------------------------------------------------------

    async def reply(self, address: Address, message: Message) -> None:
        """Add an answer, which is no delivery."""
        await self._add(address, message, None)

    async def put(self, address: Address, line_id: int, message: Message) -> None:
        """Replace a line of this person's conversation; if it belongs to somebody else, add the message instead."""
        if any(line.id == line_id for line in await self.lines(address)):
            await self.update(address, str(line_id), message)
        else:
            await self.reply(address, message)

    async def hear(self, address: Address, text: str) -> None:
        """Add a line that the person typed."""
        await self._conversations.add(
            workspace=address.workspace,
            person=address.user,
            at=await self._now(),
            author="person",
            html=render.words(text),
            plain=text,
        )
        self.tell(Notice(person_id(address)))

    async def lines(self, address: Address) -> Sequence[Line]:
        """Return the whole conversation, oldest first."""
        return await self._conversations.lines(address.workspace, address.user)

    # --- open pages ----------------------------------------------------------------------------------------

    @contextmanager
    def page(self) -> Iterator[asyncio.Queue[Notice | None]]:
        """Give the queue of notices of a page while it is open; None in it closes the page."""
        queue: asyncio.Queue[Notice | None] = asyncio.Queue()
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)

    def tell(self, notice: Notice) -> None:
        """Tell every open page of a change."""
        for page in tuple(self._pages):
            if page.qsize() < NOTICES_WAITING:
                page.put_nowait(notice)
            else:
                self._close(page)

    async def close(self) -> None:
        """Close every page."""
        for page in tuple(self._pages):
            self._close(page)

    def _close(self, page: asyncio.Queue[Notice | None]) -> None:
        self._pages.discard(page)
        page.put_nowait(None)

    async def _add(self, address: Address, message: Message, delivery_id: int | None) -> int:
        line_id = await self._conversations.add(
            workspace=address.workspace,
            person=address.user,
            at=await self._now(),
            author="bot",
            delivery_id=delivery_id,
            # Drawing a chart takes a second: in a thread, so that everybody else is still answered.
            **await asyncio.to_thread(self._rendered, message),
        )
        self.tell(Notice(person_id(address), is_news=delivery_id is not None))
        return line_id

    async def _now(self) -> datetime:
        now = await self._conversations.clock()
        if now is None:
            raise LookupError("the playground's clock was never set")
        return now


def person_id(address: Address) -> str:
    """Return the page's name for a person."""
    return f"{address.workspace}/{address.user}"


def renderer(previews: Mapping[str, Preview]) -> Callable[[Message], Rendered]:
    """Return a function that renders a message for the page, a transcript and each of these platforms."""

    def rendered(message: Message) -> Rendered:
        return Rendered(
            html=render.message(message),
            plain=plain.message(message),
            previews={name: preview(message) for name, preview in previews.items()},
        )

    return rendered
