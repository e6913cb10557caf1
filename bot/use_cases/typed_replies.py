"""Use cases on what a typed text asks for: one reply for each intent."""

from __future__ import annotations

from bot.message import Message, Reply
from bot.model import LEADERS_INTENTS, CheckIn, CheckInState, CommandName, Intent, Role
from bot.prompts import Prompts
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.say import typed as say_typed
from bot.say import typed_replies as say_replies
from bot.say.check_ins import AskedCheckIn
from bot.say.places import MemberPlace, Place
from bot.understanding.reading import Reading
from bot.use_cases import (
    digests,
    last_words,
    members,
    pairings,
    personal_data,
    safeguarding,
    status,
    tells,
)
from bot.use_cases.kept_text import keep_text
from bot.use_cases.places import read_place
from bot.use_cases.request import Request
from bot.use_cases.situations import question_asked


async def act(  # noqa: C901, PLR0911, PLR0912  # one visible table of every intent
    request: Request, prompts: Prompts, text: str, reading: Reading, asked: AskedCheckIn | None
) -> Reply:
    """Answer what a text asks for, or offer it; `asked` is the open question."""
    voice = request.voice
    place = await read_place(request)
    check_in = asked.check_in if asked else await _find_open(request)
    match reading.intent:
        case Intent.WHO_PARTNER:
            return say_replies.who_partner(voice, place)
        case Intent.WHEN_NEXT:
            return await status.show(request)
        case Intent.PARTNER_WORDS:
            return await last_words.show_partners(request, place)
        case Intent.WHO_READS:
            note = say_check_ins.privacy_note(voice, asked) if asked else ""
            roles = frozenset(post.role for post in request.member.posts)
            return say_replies.who_reads(voice, roles, note)
        case Intent.HELP:
            return _explain(request, asked) if asked else say_replies.what_is_this(voice, place)
        case Intent.LANGUAGE:
            return await _choose_language(request, prompts, text)
        case Intent.CHANGE_ANSWER | Intent.DELETE_ANSWER:
            return await last_words.show_own(request, place)
        case Intent.LATER | Intent.SKIP:
            return say_replies.offer_put_off(voice, place, check_in, reading.intent, reading.until)
        case Intent.PAUSE:
            return say_replies.offer_pause(voice, reading.since, reading.until)
        case Intent.LEAVE:
            return say_replies.offer_leave(voice, place)
        case Intent.TELL if place.partners and reading.certain:
            return await tells.pass_on(request, prompts, text)
        case Intent.TELL | Intent.PROPOSE_TIME:
            await keep_text(request, text)
            return say_replies.offer_tell(voice, place, text, reading.intent)
        case Intent.PARTNER_SILENT:
            return say_replies.partner_trouble(voice, place)
        case Intent.SAFEGUARDING:
            return await safeguarding.show_help(request)
        case Intent.ACK | Intent.GREETING:
            if asked is None and place.place is Place.INVITED:
                is_thanks = reading.intent is Intent.ACK
                return (say_replies.ask_to_join if is_thanks else say_replies.what_is_this)(voice, place)
            until = voice.until(asked.closes, asked.today) if asked else ""
            return say_replies.small_talk(voice, place, reading.intent, request.member.given_name, until)
        case Intent.MOVED | Intent.TECH:
            return say_replies.coordinators_matter(voice, place, reading.intent)
        case Intent.WRONG_PERSON:
            await members.fall_silent(request)
            return say_replies.wrong_person(voice, request.member.name, place.school.name)
        case Intent.STRAY:
            await keep_text(request, text)
            return say_replies.stray(voice, place, text, is_open=asked is not None)
        case Intent.COMPLAINT:
            return say_replies.complaint(voice, place)
        case Intent.MY_DATA:
            erase = basics.runs(voice, "button.forget-me", CommandName.FORGET_ME)
            return say_typed.with_buttons(await personal_data.export(request), erase)
        case Intent.ANSWER | Intent.PUPIL_NAME | Intent.COLLEAGUE_HEALTH:
            return say_typed.not_kept(voice, place, text)
        case _:
            return await _answer_leader(request, reading.intent, place)


async def _find_open(request: Request) -> CheckIn | None:
    """Return the newest check-in that waits for its answer."""
    open_now = await request.tx.check_ins.open_for(request.member.id, request.now)
    return next((each for each in reversed(open_now) if each.state is CheckInState.OPEN), None)


def _explain(request: Request, asked: AskedCheckIn) -> Message:
    question = question_asked(request, asked)
    voice = request.voice
    return say_replies.explain(
        voice,
        question.label if question else say_check_ins.title(voice, asked.step),
        voice.until(asked.closes, asked.today),
        say_check_ins.privacy_note(voice, asked),
        hint=question.hint if question else "",
        example=question.example if question else "",
    )


async def _choose_language(request: Request, prompts: Prompts, text: str) -> Message:
    """Change to a language that the text names; else show the languages."""
    known = {code: prompts.voice(code) for code in prompts.languages}
    names = members.language_names(known)
    named = [word for word in text.casefold().replace("?", " ").split() if len(word) > 2 and word in names]
    return await members.choose_language(request, named[0] if named else "", known)


async def _answer_leader(request: Request, intent: Intent, place: MemberPlace) -> Reply:
    """Answer a coordinator or a principal, and a teacher who asks who has replied."""
    is_coordinator = request.member.has(Role.COORDINATOR)
    if intent is Intent.WHO_REPLIED and not (is_coordinator or request.member.has(Role.PRINCIPAL)):
        return say_replies.who_replied(request.voice, place)
    if intent not in LEADERS_INTENTS or not (is_coordinator or request.member.has(Role.PRINCIPAL)):
        return say_replies.what_is_this(request.voice, place)
    match intent:
        case Intent.FIGURES:
            return await digests.show_last(request)
        case Intent.PROGRESS:
            return await (status.show(request) if is_coordinator else digests.show_last(request))
        case Intent.PAIRS if is_coordinator:
            return await pairings.show(request, "")
        case _:
            return say_replies.leaders(request.voice, intent, place, is_coordinator=is_coordinator)
