"""Use cases on typed text: read what it is, do what it asks, and ask where that is unclear.

Nothing is shared, deleted or ended without the writer's press of a button, and no text is dropped silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.message import Message, Replacement, Reply
from bot.model import FROM_PARTNERS, CheckIn, Intent, Kind
from bot.prompts import Prompts
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.say import typed as say_typed
from bot.say.check_ins import AskedCheckIn
from bot.understanding.reading import Reading
from bot.understanding.situation import Situation
from bot.use_cases import (
    careful_answers,
    check_ins,
    members,
    notes,
    safeguarding,
    situations,
    tells,
    typed_replies,
)
from bot.use_cases.asked_check_ins import parse_typed_answer, read_asked_check_in
from bot.use_cases.kept_text import keep_text, peek_text, take_text
from bot.use_cases.places import read_place
from bot.use_cases.request import Request

_CAREFUL = (Intent.PUPIL_NAME, Intent.COLLEAGUE_HEALTH)
_LIKE_ANSWERS = (Intent.ANSWER, *_CAREFUL)
_LIKE_REPLIES = (*_LIKE_ANSWERS, Intent.ACK)
"""Intents of a text that, below a partner's words, may be a reply to them."""
_NO_OTHERS = (*_LIKE_REPLIES, Intent.GREETING, Intent.TELL, Intent.PROPOSE_TIME, Intent.SAFEGUARDING)
"""Intents that need no button of their own below a partner's words."""
_ENDS_THE_MATTER = (Intent.ACK, Intent.GREETING, Intent.WRONG_PERSON, Intent.SAFEGUARDING, Intent.MY_DATA)
"""Intents after which the text is not offered as an answer once more."""


@dataclass(frozen=True, slots=True)
class OpenNow:
    """The check-ins that a text could belong to."""

    check_ins: tuple[CheckIn, ...]
    asked: AskedCheckIn | None
    """The one question that is asked; None where none is, or several are."""
    is_below_partner: bool
    """The text was typed below a partner's words."""

    @property
    def asking(self) -> tuple[CheckIn, ...]:
        """The check-ins of which a question is asked."""
        return tuple(each for each in self.check_ins if each.asking)


async def answer(request: Request, prompts: Prompts, text: str) -> Reply:
    """Answer typed text that is no command."""
    text = text.strip()
    open_now = await _read_open(request)
    if open_now.asked and _is_a_choice(request, open_now.asked, text):
        if open_now.is_below_partner and open_now.asked.partner:
            return await _ask_receiver(request, text, (), open_now)
        return await check_ins.keep_typed(request, prompts, open_now.asked, text)
    situation = await _read_situation(request, open_now)
    reading = situations.read(request, prompts, text, situation)
    if reading.intent is Intent.SAFEGUARDING:
        return await safeguarding.answer_reading(request, text, is_certain=reading.certain)
    if reading.intent is Intent.LEAVE and text.isupper():
        return await members.stop(request)
    if situation.partner_words_last and (not reading.certain or reading.intent in _LIKE_REPLIES):
        return await _ask_receiver(request, text, () if reading.certain else reading.choices, open_now)
    return await _act_or_ask(request, prompts, text, reading, open_now)


async def settle(request: Request, prompts: Prompts, argument: str) -> Reply:
    """Do what a button says that the kept text was (`leave`, `pupil-a 12`).

    Raises `UserError` if the text is not kept any more.
    """
    choice, _, destination = argument.partition(" ")
    text = await take_text(request)
    if choice == say_typed.A_CHILD:
        return Replacement(await safeguarding.show_help(request))
    if choice == say_typed.NOTHING or (choice == Intent.STRAY and text is None):
        return Replacement(basics.plain(request.voice, "typed.dropped"))
    if text is None and choice in (Intent.TELL, Intent.PROPOSE_TIME):
        return await notes.open_form(request, "")
    if text is None and choice in (Intent.ANSWER, *careful_answers.CHOICES):
        raise UserError("words-gone")
    if choice not in {*Intent, *careful_answers.CHOICES, say_typed.NOT_A_CHILD}:
        raise UserError("words-gone")
    open_now = await _read_open(request)
    text = text or ""
    if choice in careful_answers.CHOICES:
        return await _settle_careful(request, prompts, choice, destination, text, open_now)
    if choice == say_typed.NOT_A_CHILD:
        return _in_place(await _ask_again(request, prompts, text, open_now))
    if choice == Intent.ANSWER and open_now.asking:
        return _in_place(await _give(request, prompts, text, open_now))
    if choice == Intent.ANSWER:
        return Replacement(say_typed.not_kept(request.voice, await read_place(request), text))
    reading = situations.read(request, prompts, text or choice, await _read_situation(request, open_now))
    meant = replace(reading, intent=Intent(choice), certain=True)
    return _in_place(await typed_replies.act(request, prompts, text, meant, open_now.asked))


async def put(request: Request, prompts: Prompts, number: str) -> Reply:
    """Take the kept text as an answer to this check-in, of several that are open."""
    check_in = await check_ins.get_open_check_in(request, number)
    text = await take_text(request) if check_in.asking else None
    if text is None:
        return await check_ins.open_form(request, number)
    asked = await read_asked_check_in(request, check_in)
    return _in_place(await _answer_carefully(request, prompts, text, asked))


def _in_place(reply: Reply) -> Reply:
    """Return a reply that replaces the message whose button was pressed."""
    return Replacement(reply) if isinstance(reply, Message) else reply


# --- the situation ---------------------------------------------------------------------------------------------------


async def _read_open(request: Request) -> OpenNow:
    open_now = await request.tx.check_ins.open_with_facts(request.member.id, request.now)
    asking = [each for each in open_now if each.asking]
    asked = await read_asked_check_in(request, asking[0]) if len(asking) == 1 else None
    # Without a chat message a button was pressed, which says what the text is.
    is_below = request.message is not None and await _is_below_partner(request, open_now)
    return OpenNow(open_now, asked, is_below)


async def _is_below_partner(request: Request, open_now: tuple[CheckIn, ...]) -> bool:
    """Return whether the newest message in the chat is a partner's, and the member has written nothing since."""
    tx = request.tx
    last = await tx.deliveries.last_sent(request.member.id)
    if last is None or last.kind not in FROM_PARTNERS or last.settled_at is None:
        return False
    written = [each.sent_at for each in await tx.notes.by(request.member.id)]
    for check_in in open_now:
        written += [each.edited_at or each.given_at for each in await tx.check_ins.answers(check_in.id)]
    return all(each < last.settled_at for each in written)


def _is_a_choice(request: Request, asked: AskedCheckIn, text: str) -> bool:
    """Return whether a text is one of the choices, a day, a time or a number that the question asks for."""
    question = situations.question_asked(request, asked)
    if question is None or question.kind in (Kind.SHORT, Kind.LONG):
        return False
    return parse_typed_answer(question, text, asked.today) is not None


async def _read_situation(request: Request, open_now: OpenNow) -> Situation:
    """Return the facts by which a text is read; with one question asked they are known already."""
    is_below = open_now.is_below_partner
    if open_now.asked is not None:
        return situations.of_question(request, open_now.asked, is_below_partner=is_below)
    is_asked, place = bool(open_now.asking), await read_place(request)
    return await situations.without_question(request, place, is_asked=is_asked, is_below_partner=is_below)


# --- acting and asking -----------------------------------------------------------------------------------------------


async def _ask_receiver(request: Request, text: str, choices: Sequence[Intent], open_now: OpenNow) -> Reply:
    """Ask whether a text below a partner's words is for the partner, an answer, or what else it may be."""
    await keep_text(request, text)
    others = [each for each in choices if each not in _NO_OTHERS]
    return say_typed.choose_receiver(request.voice, text, others, is_asked=bool(open_now.asking))


async def _act_or_ask(
    request: Request, prompts: Prompts, text: str, reading: Reading, open_now: OpenNow
) -> Reply:
    """Act on a certain reading; keep an answer, unless it needs care; ask about everything else."""
    if not open_now.asking:
        return await _answer_without_question(request, prompts, text, reading, open_now)
    if reading.intent in _LIKE_ANSWERS and reading.certain:
        return await _give(request, prompts, text, open_now, reading)
    if waiting := await _find_waiting(request, reading, open_now):
        return say_typed.choose_receiver(request.voice, waiting, (), is_asked=True)
    if not reading.certain:
        await keep_text(request, text)
        return say_typed.ask_meaning(request.voice, text, reading.choices)
    reply = await typed_replies.act(request, prompts, text, reading, open_now.asked)
    if isinstance(reply, Message) and reading.intent not in (*_ENDS_THE_MATTER, Intent.TELL):
        await keep_text(request, text)
        return say_typed.with_answer_button(request.voice, reply)
    return reply


async def _find_waiting(request: Request, reading: Reading, open_now: OpenNow) -> str:
    """Return the words that wait to be called an answer, when their writer asks about their answer and has none."""
    is_about_it = reading.certain and reading.intent in (Intent.CHANGE_ANSWER, Intent.DELETE_ANSWER)
    has_answered = open_now.asked is not None and bool(open_now.asked.answers)
    return await peek_text(request) if is_about_it and not has_answered else ""


async def _ask_again(request: Request, prompts: Prompts, text: str, open_now: OpenNow) -> Reply:
    """Ask what a text was that is not about a child's safety after all; its author has just said so."""
    await keep_text(request, text)
    others = situations.read(request, prompts, text, await _read_situation(request, open_now)).others
    if open_now.asking:
        return say_typed.ask_meaning(request.voice, text, others)
    likely = [each for each in others if each not in _LIKE_ANSWERS]
    return say_typed.not_kept(request.voice, await read_place(request), text, likely, is_kept=True)


async def _give(
    request: Request, prompts: Prompts, text: str, open_now: OpenNow, reading: Reading | None = None
) -> Reply:
    """Take a text as the answer to the one question being asked; with several, ask which is meant."""
    if open_now.asked is not None:
        return await _answer_carefully(request, prompts, text, open_now.asked, reading)
    await keep_text(request, text)
    several = [await read_asked_check_in(request, each) for each in open_now.asking]
    titles = [(each.check_in.id, say_check_ins.title(request.voice, each.step)) for each in several]
    return say_check_ins.choose_check_in(request.voice, titles)


async def _answer_carefully(
    request: Request, prompts: Prompts, text: str, asked: AskedCheckIn, reading: Reading | None = None
) -> Reply:
    """Keep an answer; one that names a pupil or tells of a colleague's health is shown to its author first."""
    if found := careful_answers.find_in_answer(request, prompts, text, asked, reading):
        await keep_text(request, text)
        return careful_answers.show(request, text, found, str(asked.check_in.id))
    return await check_ins.keep_typed(request, prompts, asked, text)


async def _settle_careful(
    request: Request, prompts: Prompts, choice: str, destination: str, text: str, open_now: OpenNow
) -> Reply:
    """Keep or send a text as its author has decided: with "Pupil A", with a part left out, or as it is."""
    if destination.startswith(tells.TO_PARTNERS):
        return await tells.send_carefully(request, prompts, choice, destination, text)
    check_in = next((each for each in open_now.asking if str(each.id) == destination), None)
    if check_in is None:
        return Replacement(say_typed.not_kept(request.voice, await read_place(request), text))
    asked = await read_asked_check_in(request, check_in)
    found = careful_answers.find_in_answer(request, prompts, text, asked)
    changed = careful_answers.change(request.voice, choice, text, found)
    if not changed:
        return Replacement(basics.plain(request.voice, "typed.nothing-left"))
    # Its author has decided: the same words are not asked about again.
    decided = replace(asked, check_in=replace(check_in, suggested_at=request.now))
    return Replacement(await check_ins.keep_typed(request, prompts, decided, changed))


async def _answer_without_question(
    request: Request, prompts: Prompts, text: str, reading: Reading, open_now: OpenNow
) -> Reply:
    """Answer a text for which no question is open: act on a certain reading, and return everything else."""
    voice = request.voice
    if reading.certain and reading.intent not in _LIKE_ANSWERS:
        return await typed_replies.act(request, prompts, text, reading, None)
    if open_now.check_ins:
        asked = await read_asked_check_in(request, open_now.check_ins[-1])
        shown = say_check_ins.all_answered(voice, asked.check_in, asked.check_in.pairing_id, asked.partner)
        return say_typed.with_quote(voice, shown, text)
    likely = [each for each in reading.choices if each not in (*_LIKE_ANSWERS, Intent.SAFEGUARDING)]
    is_kept = reading.intent not in _LIKE_ANSWERS
    if is_kept:
        await keep_text(request, text)
    return say_typed.not_kept(voice, await read_place(request), text, likely, is_kept=is_kept)
