"""Use cases on typed text: read what it is, do what it asks, and ask where that is unclear.

Nothing is shared, deleted or ended without the writer's press of a button, and no text is dropped silently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.message import Message, Replacement, Reply
from bot.model import CheckIn, Intent, Kind, Share
from bot.prompts import Prompts
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.say import typed as say_typed
from bot.say.check_ins import AskedCheckIn
from bot.understanding.reader import Reader
from bot.understanding.reading import Reading
from bot.understanding.situation import Open, Situation
from bot.use_cases import careful_answers, check_ins, members, safeguarding, typed_replies
from bot.use_cases.asked_check_ins import parse_typed_answer, read_asked_check_in
from bot.use_cases.places import read_place
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability

_CAREFUL = (Intent.PUPIL_NAME, Intent.COLLEAGUE_HEALTH)
_LIKE_ANSWERS = (Intent.ANSWER, *_CAREFUL)
_ENDS_THE_MATTER = (Intent.ACK, Intent.GREETING, Intent.WRONG_PERSON, Intent.SAFEGUARDING, Intent.MY_DATA)
"""Intents after which the text is not offered as an answer once more."""


@dataclass(frozen=True, slots=True)
class OpenNow:
    """The check-ins that a text could belong to."""

    check_ins: tuple[CheckIn, ...]
    asked: AskedCheckIn | None
    """The one question that is asked; None where none is, or several are."""

    @property
    def asking(self) -> tuple[CheckIn, ...]:
        """The check-ins of which a question is asked."""
        return tuple(each for each in self.check_ins if each.asking)


async def answer(request: Request, prompts: Prompts, text: str) -> Reply:
    """Answer typed text that is no command."""
    open_now = await _read_open(request)
    if _is_a_choice(request, open_now.asked, text):
        return await check_ins.answer_by_typing(request, prompts, text)
    reading = await _read(request, prompts, text, open_now)
    if reading.intent is Intent.SAFEGUARDING:
        return await safeguarding.answer_reading(request, text, is_certain=reading.certain)
    return await _act_or_ask(request, prompts, text, reading, open_now)


async def settle(request: Request, prompts: Prompts, choice: str) -> Reply:
    """Do what a button says that the kept text was. Raises `UserError` if the text is not kept any more."""
    text = await request.tx.members.take_words(request.member.id)
    if choice == say_typed.A_CHILD:
        return Replacement(await safeguarding.show_help(request))
    if choice == say_typed.NOTHING:
        return Replacement(basics.plain(request.voice, "typed.dropped"))
    if text is None and choice in (Intent.ANSWER, Intent.TELL, *careful_answers.CHOICES):
        raise UserError("words-gone")
    open_now = await _read_open(request)
    text = text or ""
    if choice in careful_answers.CHOICES:
        return await _settle_careful(request, prompts, choice, text, open_now)
    reading = await _read(request, prompts, text or choice, open_now)
    if choice not in set(Intent):
        raise UserError("words-gone")
    if choice == Intent.ANSWER and open_now.asking:
        chosen = careful_answers.find(request, prompts, text, reading, open_now.asked)
        return _in_place(await _answer_carefully(request, prompts, text, chosen, open_now))
    if choice == Intent.ANSWER:
        return Replacement(say_typed.not_kept(request.voice, await read_place(request), text))
    reply = await typed_replies.act(
        request, prompts, text, replace(reading, intent=Intent(choice), certain=True), open_now.asked
    )
    return _in_place(reply)


def _in_place(reply: Reply) -> Reply:
    """Return a reply that replaces the message whose button was pressed."""
    return Replacement(reply) if isinstance(reply, Message) else reply


async def _read_open(request: Request) -> OpenNow:
    open_now = await request.tx.check_ins.open_for(request.member.id, request.now)
    asking = [each for each in open_now if each.asking]
    asked = await read_asked_check_in(request, asking[0]) if len(asking) == 1 else None
    return OpenNow(open_now, asked)


def _is_a_choice(request: Request, asked: AskedCheckIn | None, text: str) -> bool:
    """Return whether a text is one of the choices, a day, a time or a number that the question asks for."""
    question = careful_answers.question_asked(request, asked) if asked else None
    if asked is None or question is None or question.kind in (Kind.SHORT, Kind.LONG):
        return False
    return parse_typed_answer(question, text, asked.today) is not None


async def _read(request: Request, prompts: Prompts, text: str, open_now: OpenNow) -> Reading:
    situation = await _read_situation(request, open_now)
    return Reader(prompts.phrases(request.voice.language)).read(text, situation)


async def _read_situation(request: Request, open_now: OpenNow) -> Situation:
    """Return the facts by which a text is read; with one question asked they are known already."""
    member, asked = request.member, open_now.asked
    roles = frozenset(post.role for post in member.posts)
    own_names = {member.given_name, member.family_name}
    if asked is None:
        place = await read_place(request)
        return Situation(
            today=(await read_availability(request.tx, member)).local_day(request.now),
            question=Open.QUESTION if open_now.asking else Open.NONE,
            partners=frozenset(each.given_name for each in place.partners),
            own_names=frozenset({*own_names, place.school.name, *place.partner_schools}),
            roles=roles,
        )
    question = careful_answers.question_asked(request, asked)
    options = question.options if question else ()
    return Situation(
        today=asked.today,
        question=Open.CHALLENGE if asked.step.is_challenge else Open.QUESTION,
        takes_yes_or_no="yes" in {each.key for each in options},
        choices=tuple(each.label for each in options),
        read_by_others=asked.step.is_challenge or asked.step.share is not Share.ME,
        partners=frozenset(filter(None, (asked.partner, *asked.partner.split()))),
        own_names=frozenset({*own_names, asked.facts["school"]}),
        roles=roles,
    )


async def _act_or_ask(
    request: Request, prompts: Prompts, text: str, reading: Reading, open_now: OpenNow
) -> Reply:
    """Act on a certain reading; keep an answer, unless it needs care; ask about everything else."""
    if reading.intent is Intent.LEAVE and text.isupper():
        return await members.stop(request)
    if not open_now.asking:
        return await _answer_without_question(request, prompts, text, reading, open_now)
    if reading.intent in _LIKE_ANSWERS and reading.certain:
        found = careful_answers.find(request, prompts, text, reading, open_now.asked)
        return await _answer_carefully(request, prompts, text, found, open_now)
    if not reading.certain:
        await request.tx.members.keep_words(request.member.id, text, request.now)
        return say_typed.ask_meaning(request.voice, text, reading.choices)
    reply = await typed_replies.act(request, prompts, text, reading, open_now.asked)
    if isinstance(reply, Message) and reading.intent not in (*_ENDS_THE_MATTER, Intent.TELL):
        await request.tx.members.keep_words(request.member.id, text, request.now)
        return say_typed.with_answer_button(request.voice, reply)
    return reply


async def _answer_carefully(
    request: Request, prompts: Prompts, text: str, found: careful_answers.Found, open_now: OpenNow
) -> Reply:
    """Keep an answer; one that names a pupil or tells of a colleague's health is shown to its author first."""
    if open_now.asked is not None and found:
        await request.tx.members.keep_words(request.member.id, text, request.now)
        return careful_answers.show(request, text, found)
    return await check_ins.answer_by_typing(request, prompts, text)


async def _settle_careful(
    request: Request, prompts: Prompts, choice: str, text: str, open_now: OpenNow
) -> Reply:
    """Keep an answer as its author has decided: with "Pupil A", with a part left out, or as it is."""
    if open_now.asked is None:
        return Replacement(say_typed.not_kept(request.voice, await read_place(request), text))
    reading = await _read(request, prompts, text, open_now)
    found = careful_answers.find(request, prompts, text, reading, open_now.asked)
    changed = careful_answers.change(request.voice, choice, text, found)
    if not changed:
        return Replacement(basics.plain(request.voice, "typed.nothing-left"))
    # Its author has decided: the same words are not asked about again.
    check_in = replace(open_now.asked.check_in, suggested_at=request.now)
    await request.tx.check_ins.save(check_in)
    reply = await check_ins.answer_by_typing(request, prompts, changed)
    return _in_place(reply)


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
    await request.tx.members.keep_words(request.member.id, text, request.now)
    likely = [each for each in reading.choices if each not in (*_LIKE_ANSWERS, Intent.SAFEGUARDING)]
    return say_typed.not_kept(voice, await read_place(request), text, likely if not reading.certain else ())
