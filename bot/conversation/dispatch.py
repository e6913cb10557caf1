"""Event → transaction → use case → reply: the one place where what reached us finds its use case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.conversation import commands, senders
from bot.conversation.senders import Known, Unknown
from bot.errors import Conflict, SendError, StoreAway, UserError
from bot.events import (
    Command,
    Event,
    Installed,
    Joined,
    Left,
    Opened,
    Removed,
    Said,
    Submitted,
    What,
    readable,
)
from bot.message import Reply
from bot.model import Address, Member
from bot.pairing import Engine, PairingTask, answer_here
from bot.ports import Directory, Handle, Store
from bot.prompts import Prompts, Voice
from bot.rules.school_time import NoTeachingDays
from bot.say import basics
from bot.use_cases import (
    challenges,
    check_ins,
    cycles,
    digests,
    home,
    members,
    notes,
    pairings,
    places,
    status,
    workspaces,
)
from bot.use_cases.request import Request

log = structlog.get_logger()


TRIES = 5
"""How often the engine is asked anew because something has changed while it was at work."""

HELP, LONGEST_HELP = ("help", ""), 40
HELP_KEPT = timedelta(minutes=1)
"""It changes nothing, and is asked for most: asked again at once, it costs no transaction. Any other deed ends that.

Only as a command, which is answered on the spot: words in a chat that come twice must be known as the same.
"""
HELPED_AT_ONCE = 10_000


def handler(
    store: Store,
    prompts: Prompts,
    directories: Mapping[str, Directory] | None = None,
    engine: Engine = answer_here,
) -> Handle:
    """What adapters call: `handle` with the store, the content, and what each platform knows of its people.

    Large cycles want an engine apart.
    """

    helped: dict[Address, tuple[datetime, Reply]] = {}

    async def handle(event: Event) -> Reply | None:
        directory = directories.get(event.sender.platform) if directories is not None else None
        is_help = isinstance(event.what, Command) and commands.split(event.what.words[:LONGEST_HELP]) == HELP
        until, known = helped.pop(event.sender, (event.at, None))
        if not is_help or known is None or event.at >= until:
            until, known = event.at + HELP_KEPT, await _handle(store, prompts, directory, engine, event)
        if is_help and known is not None and len(helped) < HELPED_AT_ONCE:
            helped[event.sender] = until, known
        return known

    return handle


async def _handle(
    store: Store, prompts: Prompts, directory: Directory | None, engine: Engine, event: Event
) -> Reply | None:
    """One event, one transaction. Whatever goes wrong, the person gets a sentence and nothing is half-done.

    Raises `StoreAway` where the event comes again. What the engine is asked takes its time between two transactions.
    """
    event = replace(event, what=readable(event.what))
    talk = Talk(prompts.voice("en"))
    known = Known(gathers=directory.gathers, email=None) if directory else Known(email="", channel=())
    try:
        while True:
            try:
                reply = await _in_one_transaction(store, prompts, talk, event, known)
                if isinstance(reply, PairingTask):
                    return await _propose(store, engine, talk, reply, event)
                return reply
            except Unknown as unknown:
                if directory is None:
                    raise
                known = await senders.asked(directory, event, known, unknown.channel)
    except SendError:
        return basics.error(talk.voice, UserError("platform-is-silent"), _written(event.what))
    except UserError as problem:
        return basics.error(talk.voice, problem, _written(event.what))
    except NoTeachingDays:
        return basics.error(
            talk.voice,
            UserError("no-teaching-days", day=talk.voice.day(event.at.date())),
            _written(event.what),
        )
    except Exception as mishap:  # noqa: BLE001  # whatever it was: it is logged, and the person is told
        return _apology(talk.voice, event, mishap)


@dataclass
class Talk:
    """With whom, and in whose language: known as soon as the transaction has found out."""

    voice: Voice
    member: Member | None = None


async def _in_one_transaction(
    store: Store, prompts: Prompts, talk: Talk, event: Event, known: Known
) -> Reply | PairingTask | None:
    """The event and its effect; begun again where somebody else's was in the way. Raises `Conflict` in the end."""
    for _ in range(TRIES):
        with suppress(Conflict):
            async with store.transaction() as tx:
                if not await tx.events.first_time(event):
                    return None
                if (early := await senders.of_a_workspace(tx, talk.voice, event)) is not None:
                    return early
                member = await senders.sender(tx, event, known)
                if member is None or not member.active:
                    return await senders.to_a_stranger(tx, talk.voice, event)
                talk.member, talk.voice = member, prompts.voice(member.language)
                request = Request(tx, talk.voice, member, event.at)
                return await _turn(request, prompts, event, known)
    raise Conflict


def _apology(voice: Voice, event: Event, mishap: Exception) -> Reply:
    """Raises `StoreAway` where the event comes again: then nobody need try anything."""
    about = {"event_id": event.id, "kind": type(event.what).__name__}
    if isinstance(mishap, StoreAway):
        log.warning("event.store-away", **about)
        if event.comes_again:
            raise mishap
    else:
        log.error("event.failed", **about, exc_info=mishap)
    return basics.apology(voice, _written(event.what))


async def _propose(store: Store, engine: Engine, talk: Talk, question: PairingTask, event: Event) -> Reply:
    """Ask the engine with no transaction open, and show what still holds."""
    assert talk.member is not None  # noqa: S101  # nobody else is answered with a question
    for _ in range(TRIES):
        arrangement = await engine(question)
        with suppress(Conflict):
            async with store.transaction() as tx:
                request = Request(tx, talk.voice, talk.member, event.at)
                shown = await pairings.propose(request, question, arrangement)
            if not isinstance(shown, PairingTask):
                return shown
            question = shown
    raise UserError("still-changing")


def _written(what: What) -> tuple[str, ...]:
    """Somebody's words in a form, as against choices; or after `tell`, which no platform keeps as it keeps words."""
    if isinstance(what, Command) and commands.split(what.words)[0] == "tell":
        values: Iterable[str] = (commands.split(what.words)[1],)
    else:
        values = what.values.values() if isinstance(what, Submitted) else ()
    return tuple(value for value in values if " " in value.strip())


async def _turn(request: Request, prompts: Prompts, event: Event, known: Known) -> Reply | PairingTask | None:
    tx, member, now = request.tx, request.member, request.now
    match event.what:
        case Command(words):
            return await _command(request, prompts, words, known)
        case Said(text):
            if not text.strip():
                return basics.plain(request.voice, "said.nothing")
            if await _is_command(request, prompts, text):
                return await _command(request, prompts, text, known)
            return await check_ins.said(request, prompts, text)
        case Opened(form, context):
            return await _open(request, prompts, form, context)
        case Submitted():
            return await _submit(request, prompts, event.what)
        case Joined():
            await tx.members.connect(event.sender, member.id, now)
            await tx.deliveries.hurry(member.id, now)
            return basics.help_for(request.voice, commands.open_to(member), greeting=member.given_name)
        case Left():
            await tx.members.disconnect(event.sender, now)
            return None
        case Installed() | Removed():
            return None  # no member's doing: both were answered before


async def _is_command(request: Request, prompts: Prompts, text: str) -> bool:
    is_tell = commands.split(text)[0] == "tell"
    return commands.is_plainly(
        text,
        known=commands.open_to(request.member),
        partners=await notes.partner_names(request) if is_tell else (),
        languages=members.language_names({code: prompts.voice(code) for code in prompts.languages}),
    )


async def _command(  # noqa: C901, PLR0911, PLR0912  # one visible table of every command
    request: Request, prompts: Prompts, words: str, known: Known
) -> Reply | PairingTask:
    command, rest = commands.split(words)
    match command:
        case "help":
            return basics.help_for(request.voice, commands.open_to(request.member))
        case "status":
            return await status.show(request)
        case "join" | "accept":
            reply = await cycles.join(request)
            await places.place_if_running(request)
            return reply
        case "decline":
            return await cycles.decline(request)
        case "profile":
            return await members.show_profile(request)
        case "pause":
            return await members.pause(request, rest)
        case "resume":
            return await members.resume(request)
        case "leave":
            return await members.leave(request, really=_is_yes(rest))
        case "language":
            voices = {code: prompts.voice(code) for code in prompts.languages}
            return await members.choose_language(request, rest, voices)
        case "my data":
            return await members.data(request)
        case "forget me":
            return await members.forget(request, really=_is_yes(rest))
        case "concern":
            return await members.concern(request)
        case "tell":
            return await notes.tell(request, rest)
        case "skip":
            return await check_ins.skip(request, rest)
        case "undo":
            return await check_ins.undo(request, rest)
        case "later":
            return await check_ins.later(request, rest)
        case "take-back":
            return await check_ins.take_back(request, rest)
        case "send":
            return await check_ins.send(request, rest)
        case "put":
            return await check_ins.put(request, prompts, rest)
        case "another":
            return await places.ask_for_another(request, rest)
        case "start":
            return await cycles.open_start(request, prompts)
        case "invite":
            return await cycles.invite(request, await _channel(request, rest, known))
        case "together":
            return await places.together(request, gathers=known.gathers)
        case "school":
            return await workspaces.add(request, rest)
        case "preview":
            return await pairings.preview(request)
        case "confirm":
            return await pairings.confirm(request)
        case "pairs":
            return await pairings.show(request, rest)
        case "swap":
            return await pairings.swap(request, rest)
        case "block":
            return await pairings.block(request, rest)
        case "nudge":
            return await pairings.nudge(request, rest)
        case "hold":
            return await cycles.hold(request)
        case "go on":
            return await cycles.go_on(request)
        case "close":
            return await cycles.close(request, really=_is_yes(rest))
        case "ledger":
            return await status.ledger(request)
        case "digest":
            return await digests.show(request)
        case unknown:
            return basics.suggestion(
                request.voice, unknown[:40], commands.nearest(unknown, commands.open_to(request.member))
            )


async def _channel(request: Request, channel: str, known: Known) -> tuple[Member, ...] | None:
    """Whom `invite #channel` means; None: everybody."""
    if not channel:
        return None
    await cycles.may_invite(request)
    if known.channel is None:
        raise Unknown(channel)
    return await workspaces.meet_all(request.tx, known.channel, request.now)


def _is_yes(text: str) -> bool:
    return text.casefold() == "yes"


async def _open(request: Request, prompts: Prompts, form: str, context: str) -> Reply:
    match form:
        case "home":
            return await home.show(request)
        case "check-in":
            return await check_ins.open_form(request, context)
        case "challenge":
            return await challenges.open_reply(request, context)
        case "tell":
            return await notes.open_form(request, context)
        case "start":
            return await cycles.open_start(request, prompts)
        case "profile" | "times" | "pause":
            return await members.open_form(request, form)
        case _:
            raise UserError("no-such-check-in")


async def _submit(request: Request, prompts: Prompts, submitted: Submitted) -> Reply:
    values = {key: value.strip() for key, value in submitted.values.items()}
    match submitted.form:
        case "check-in":
            return await check_ins.submit(request, prompts, submitted.context, values)
        case "challenge":
            return await challenges.reply(request, submitted.context, values)
        case "tell":
            return await notes.submit(request, submitted.context, values)
        case "start":
            return await cycles.start(request, prompts, values)
        case "profile":
            return await members.save_profile(request, values)
        case "times":
            return await members.save_times(request, values)
        case "pause":
            return await members.save_pause(request, values)
        case _:
            raise UserError("no-such-check-in")
