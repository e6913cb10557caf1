"""The playground's messenger: messages become lines of somebody's conversation, and open pages hear of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypedDict

from adapters.playground import plain, render
from adapters.slack import render as slack
from adapters.teams import render as teams
from bot.message import Message
from bot.model import Address

NOTICES_WAITING = 1_000
"""A page that is further behind than this has gone to sleep: it is let go, and reads everything when it comes back."""


class Line(Protocol):
    """One message in somebody's conversation with the bot, as each platform would get it."""

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
    def slack(self) -> str:
        """JSON."""

    @property
    def teams(self) -> str:
        """JSON."""

    @property
    def replaced(self) -> bool:
        """Whether something else stood here before."""


class Faces(TypedDict):
    """One message as everybody would get it."""

    html: str
    plain: str
    slack: str
    teams: str


class Conversations(Protocol):
    """Where the lines and the playground's clock are kept."""

    async def lines(self, workspace: str, person: str) -> Sequence[Line]:
        """The whole conversation, oldest first."""

    async def add(  # noqa: PLR0913  # a line's columns
        self,
        *,
        workspace: str,
        person: str,
        at: datetime,
        author: str,
        html: str,
        plain: str,
        slack: str = "",
        teams: str = "",
        delivery_id: int | None = None,
    ) -> int:
        """Add a line and return its id; a delivery is added once, and asked again gives the first's id."""

    async def replace(
        self, line_id: int, *, html: str, plain: str, slack: str, teams: str, at: datetime
    ) -> None:
        """Put something else in the place of a line."""

    async def find(self, delivery_id: int) -> int | None:
        """The line by which that delivery arrived."""

    async def clock(self) -> datetime | None:
        """What the playground's clock says; None before it was ever set."""

    async def set_clock(self, now: datetime) -> None:
        """Travel in time."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a page should look at: a line of that person, or, without one, the clock."""

    person: str = ""
    is_news: bool = False
    """Whether nobody asked for it at once: then somebody who looks elsewhere is told."""


class PlaygroundMessenger:
    """The Messenger port, on conversations; a reference is the line's id."""

    one_at_a_time = False

    def __init__(self, conversations: Conversations, faces: Callable[[Message], Faces]) -> None:
        self._conversations = conversations
        self._faces = faces
        self._pages: set[asyncio.Queue[Notice | None]] = set()

    # --- the port ------------------------------------------------------------------------------------------

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Add the message once, however often it is sent."""
        return str(await self._add(address, message, delivery_id))

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Put another message in the place of a sent one."""
        faces = await asyncio.to_thread(self._faces, message)
        await self._conversations.replace(int(ref), **faces, at=await self._now())
        self.tell(Notice(person_id(address)))

    async def find(self, address: Address, delivery_id: int) -> str | None:  # noqa: ARG002  # the port's
        """The line by which that delivery arrived."""
        line_id = await self._conversations.find(delivery_id)
        return None if line_id is None else str(line_id)

    # --- what else is said in a conversation ---------------------------------------------------------------

    async def reply(self, address: Address, message: Message) -> None:
        """Answer at once: nothing that the ledger knows of."""
        await self._add(address, message, None)

    async def put(self, address: Address, line_id: int, message: Message) -> None:
        """Replace a line of that person's own conversation; where it isn't theirs, add the message instead."""
        if any(line.id == line_id for line in await self.lines(address)):
            await self.update(address, str(line_id), message)
        else:
            await self.reply(address, message)

    async def hear(self, address: Address, words: str) -> None:
        """Add what the person said."""
        await self._conversations.add(
            workspace=address.workspace,
            person=address.user,
            at=await self._now(),
            author="person",
            html=render.words(words),
            plain=words,
        )
        self.tell(Notice(person_id(address)))

    async def lines(self, address: Address) -> Sequence[Line]:
        """The whole conversation, oldest first."""
        return await self._conversations.lines(address.workspace, address.user)

    # --- open pages ----------------------------------------------------------------------------------------

    @contextmanager
    def page(self) -> Iterator[asyncio.Queue[Notice | None]]:
        """A queue of notices while the page is open; None: the page is let go."""
        queue: asyncio.Queue[Notice | None] = asyncio.Queue()
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)

    def tell(self, notice: Notice) -> None:
        """Tell every open page."""
        for page in tuple(self._pages):
            if page.qsize() < NOTICES_WAITING:
                page.put_nowait(notice)
            else:
                self._let_go(page)

    async def close(self) -> None:
        """Let every page go: the playground stops."""
        for page in tuple(self._pages):
            self._let_go(page)

    def _let_go(self, page: asyncio.Queue[Notice | None]) -> None:
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
            **await asyncio.to_thread(self._faces, message),
        )
        self.tell(Notice(person_id(address), is_news=delivery_id is not None))
        return line_id

    async def _now(self) -> datetime:
        now = await self._conversations.clock()
        if now is None:
            raise LookupError("the playground's clock was never set")
        return now


def person_id(address: Address) -> str:
    """How the page calls somebody."""
    return f"{address.workspace}/{address.user}"


def every_face(message: Message) -> Faces:
    """As the page, a transcript, Slack and Teams would show it."""
    return Faces(
        html=render.message(message),
        plain=plain.message(message),
        slack=_json(slack.message(message)),
        teams=_json(teams.message(message)),
    )


def _json(face: dict[str, Any]) -> str:
    return json.dumps(face, ensure_ascii=False, indent=2)
