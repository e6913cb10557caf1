"""Handling one event: its transaction, its retries, and a sentence for the person whatever goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.conversation import commands, senders
from bot.conversation.dispatch import dispatch
from bot.conversation.files import open_file
from bot.conversation.senders import PlatformFactNeeded, PlatformFacts
from bot.errors import Busy, Conflict, SendError, StoreAway, UserError
from bot.events import Command, Event, What, readable, written
from bot.message import Reply
from bot.model import Address, CommandName, Member
from bot.pairing import Engine, PairingTask, answer_here
from bot.ports import Directory, FileReader, Store
from bot.prompts import Prompts, Voice
from bot.rules.school_time import NoTeachingDays
from bot.say import basics
from bot.use_cases import pairings
from bot.use_cases.kept_files import FileNeeded
from bot.use_cases.request import Request

log = structlog.get_logger()

TRIES = 5
"""Transactions for one event, and proposals for one preview, before a conflict is given up."""
HELP_KEPT_FOR = timedelta(minutes=1)
MOST_HELP_KEPT = 10_000
HOLD = timedelta(minutes=10)
"""How long typed text waits before it goes to somebody else, if no setting says otherwise."""
LONGEST_HELP = 40
"""Characters of a command that are read to see whether it asks for help."""


@dataclass
class Recipient:
    """The person who is answered, also when the transaction fails; their language is known once they are found."""

    voice: Voice
    member: Member | None = None


class EventHandler:
    """Answers events from every platform."""

    def __init__(
        self,
        store: Store,
        prompts: Prompts,
        directories: Mapping[str, Directory] | None = None,
        engine: Engine = answer_here,
        hold: timedelta = HOLD,
        reader: FileReader | None = None,
    ) -> None:
        """Without a `reader`, rosters and calendars that people send are not opened."""
        self._store = store
        self._prompts = prompts
        self._directories = {} if directories is None else directories  # may be filled later
        self._engine = engine
        self._hold = hold
        self._reader = reader
        self._help: dict[Address, tuple[datetime, Reply]] = {}
        """Help given a moment ago, and until when it may be given again."""

    async def handle(self, event: Event) -> Reply | None:
        """Answer one event. Raises `StoreAway` only if the platform will send the event again.

        Help is asked for most and changes nothing: within a minute the same help needs no transaction, unless the
        sender did something else in between. This holds for commands only. A chat message that is delivered twice
        must reach the transaction, where it is recognised.
        """
        is_help = _asks_for_help(event.what)
        until, reply = self._help.pop(event.sender, (event.at, None))
        if not is_help or reply is None or event.at >= until:
            until, reply = event.at + HELP_KEPT_FOR, await self._answer(event)
        if is_help and reply is not None and len(self._help) < MOST_HELP_KEPT:
            self._help[event.sender] = until, reply
        return reply

    async def _answer(self, event: Event) -> Reply | None:
        event = replace(event, what=readable(event.what))
        recipient = Recipient(self._prompts.voice(self._prompts.default_language))
        try:
            return await self._run(event, recipient)
        except SendError:
            problem = UserError("platform-is-silent")
        except UserError as error:
            problem = error
        except NoTeachingDays:
            problem = UserError("no-teaching-days", day=recipient.voice.day(event.at.date()))
        except Exception as error:  # noqa: BLE001  # whatever it is: it is logged, and the person is told
            return _apology(recipient.voice, event, error)
        return basics.error(recipient.voice, problem, _text_to_return(event.what))

    async def _run(self, event: Event, recipient: Recipient) -> Reply | None:
        directory = self._directories.get(event.sender.platform)
        facts = PlatformFacts(gathers=directory.gathers) if directory else PlatformFacts(email="", channel=())
        while True:
            try:
                reply = await self._in_a_transaction(event, recipient, facts)
            except PlatformFactNeeded as needed:
                if directory is None:
                    raise
                facts = await senders.ask_platform(directory, event, facts, needed.channel)
            except FileNeeded as needed_file:
                opened = await open_file(directory, self._reader, event.sender, needed_file)
                facts = replace(facts, file=opened)
            else:
                return (
                    await self._propose(event, recipient, reply) if isinstance(reply, PairingTask) else reply
                )

    async def _in_a_transaction(
        self, event: Event, recipient: Recipient, facts: PlatformFacts
    ) -> Reply | PairingTask | None:
        """Answer the event in one transaction. Raises `Conflict` if other transactions got in the way every time."""
        for _ in range(TRIES):
            with suppress(Conflict):
                async with self._store.transaction() as tx:
                    if not await tx.events.first_time(event):
                        return None
                    early = await senders.answer_workspace(tx, recipient.voice, event)
                    if early is not None:
                        return early
                    member = await senders.find_sender(tx, event, facts)
                    if member is None or not member.active:
                        return await senders.answer_stranger(tx, recipient.voice, event)
                    recipient.member, recipient.voice = member, self._prompts.voice(member.language)
                    request = Request(tx, recipient.voice, member, event.at, self._hold, event.message)
                    return await dispatch(request, self._prompts, event, facts)
        raise Conflict

    async def _propose(self, event: Event, recipient: Recipient, task: PairingTask) -> Reply:
        """Run the pairing engine outside transactions, and show its proposal unless the cycle has changed since."""
        assert recipient.member is not None  # noqa: S101  # only a member's command returns a task
        for _ in range(TRIES):
            arrangement = await self._engine(task)
            with suppress(Conflict):
                async with self._store.transaction() as tx:
                    request = Request(tx, recipient.voice, recipient.member, event.at)
                    reply = await pairings.propose(request, task, arrangement)
                if not isinstance(reply, PairingTask):
                    return reply
                task = reply
        raise UserError("still-changing")


def _asks_for_help(what: What) -> bool:
    if not isinstance(what, Command):
        return False
    parsed = commands.parse(what.line[:LONGEST_HELP])
    return parsed.name is CommandName.HELP and not parsed.argument


def _apology(voice: Voice, event: Event, error: Exception) -> Reply:
    """Log the error and apologise. Raises `StoreAway` again if the platform will send the event again."""
    about = {"event_id": event.id, "kind": type(event.what).__name__}
    if isinstance(error, StoreAway):
        log.warning("event.store-away", **about)
        if event.comes_again:
            raise error
    else:
        log.error("event.failed", **about, exc_info=error)
    return basics.apology(voice, _text_to_return(event.what), is_busy=isinstance(error, Busy))


def _text_to_return(what: What) -> tuple[str, ...]:
    """Return typed text that the platform no longer shows: of a form, and after `tell` in a command."""
    if isinstance(what, Command):
        parsed = commands.parse(what.line)
        return (parsed.argument,) if parsed.name is CommandName.TELL and " " in parsed.argument else ()
    return written(what)
