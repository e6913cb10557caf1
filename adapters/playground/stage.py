"""The playground's parts put together: the core on a store of its own, a clock, and its people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from adapters.playground.exchange import Exchange
from adapters.playground.files import PlaygroundDirectory
from adapters.playground.messenger import Conversations, PlaygroundMessenger, Preview, Rendered, renderer
from adapters.playground.residents import Residents
from adapters.playground.world import PLATFORM, World, address, sayings
from adapters.rosters import SentFileReader
from bot.conversation.handler import EventHandler
from bot.events import Command, Event, What
from bot.message import Message, Reply
from bot.model import Address, Member
from bot.pairing import Engine, answer_here
from bot.ports import Store
from bot.prompts import Prompts


class Stage:
    """The playground's parts."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        prompts: Prompts,
        sample: Path,
        *,
        previews: Mapping[str, Preview] | None = None,
        rendered: Callable[[Message], Rendered] | None = None,
        engine: Engine = answer_here,
    ) -> None:
        """Without `rendered`, a message is rendered for the page and for each platform in `previews`."""
        self.previews = previews or {}
        self.store = store
        self.prompts = prompts
        self.conversations = conversations
        self.sample = sample
        directories = {PLATFORM: PlaygroundDirectory()}
        self.handle = EventHandler(store, prompts, directories, engine, reader=SentFileReader(prompts)).handle
        self.messenger = PlaygroundMessenger(conversations, rendered or renderer(self.previews))
        self.exchange = Exchange(self.handle, self.messenger)
        self._numbers = count(1)
        self._addresses: dict[int, Address] = {}
        self.world = World(
            store, prompts, conversations, self.messenger, Residents(store, self.converse, sayings(sample))
        )

    async def converse(self, member: Member, what: What, now: datetime) -> Reply | None:
        """Let a member do something, as if they had typed or pressed it, and return the reply."""
        sender = await self.address(member)
        event = Event(
            id=f"resident {now.isoformat()} {next(self._numbers)}", at=now, sender=sender, what=what
        )
        return await self.exchange.take(event, typed=what.line if isinstance(what, Command) else "")

    async def address(self, member: Member) -> Address:
        """Return the address of a member."""
        if member.id not in self._addresses:
            async with self.store.transaction() as tx:
                school = await tx.schools.get(member.home_school_id)
            self._addresses[member.id] = address(member, school)
        return self._addresses[member.id]
