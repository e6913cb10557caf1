"""The situation in which a text is typed, and its reading there."""

from __future__ import annotations

from collections.abc import Collection

from bot.model import Question, Role, Share
from bot.prompts import Prompts
from bot.say import check_ins as say_check_ins
from bot.say.check_ins import AskedCheckIn
from bot.say.places import MemberPlace
from bot.understanding.reader import Reader
from bot.understanding.reading import Reading
from bot.understanding.situation import Open, Situation
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability


def read(request: Request, prompts: Prompts, text: str, situation: Situation) -> Reading:
    """Return how a text reads in a situation."""
    return Reader(prompts.phrases(request.voice.language)).read(text, situation)


def question_asked(request: Request, asked: AskedCheckIn) -> Question | None:
    """Return the question that typed text answers."""
    questions = say_check_ins.questions(request.voice, asked)
    return next((each for each in questions if each.key == asked.check_in.asking), None)


def of_question(request: Request, asked: AskedCheckIn, *, is_below_partner: bool = False) -> Situation:
    """Return the situation of a member to whom one question is put."""
    question = question_asked(request, asked)
    options = question.options if question else ()
    return Situation(
        today=asked.today,
        question=Open.CHALLENGE if asked.step.is_challenge else Open.QUESTION,
        takes_yes_or_no="yes" in {each.key for each in options},
        choices=tuple(each.label for each in options),
        read_by_others=asked.step.is_challenge or asked.step.share is not Share.ME,
        partner_words_last=is_below_partner and bool(asked.partner),
        partners=frozenset(asked.partner_names),
        own_names=_own_names(request, asked.facts["school"]),
        roles=_roles(request),
    )


async def without_question(
    request: Request, place: MemberPlace, *, is_asked: bool, is_below_partner: bool
) -> Situation:
    """Return the situation of a member to whom no question is put, or several (`is_asked`)."""
    return Situation(
        today=(await read_availability(request.tx, request.member)).local_day(request.now),
        question=Open.QUESTION if is_asked else Open.NONE,
        partner_words_last=is_below_partner and bool(place.partners),
        partners=frozenset(each.given_name for each in place.partners),
        own_names=_own_names(request, place.school.name, *place.partner_schools),
        roles=_roles(request),
    )


def of_note(request: Request, partners: Collection[str]) -> Situation:
    """Return the situation of a member who writes to their partners."""
    return Situation(
        today=request.now.date(),
        question=Open.QUESTION,
        read_by_others=True,
        partners=frozenset(partners),
        own_names=_own_names(request),
        roles=_roles(request),
    )


def _own_names(request: Request, *others: str) -> frozenset[str]:
    return frozenset(filter(None, (request.member.given_name, request.member.family_name, *others)))


def _roles(request: Request) -> frozenset[Role]:
    return frozenset(post.role for post in request.member.posts)
