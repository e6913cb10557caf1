"""What in an answer needs its author's care before it is kept: a pupil's name, a colleague's health, a judgement."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.message import Message
from bot.model import Intent, Question
from bot.prompts import Prompts, Voice
from bot.say import check_ins as say_check_ins
from bot.say import typed as say_typed
from bot.say.check_ins import AskedCheckIn
from bot.understanding.reading import Reading
from bot.use_cases.request import Request

CHOICES = (say_typed.PUPIL_A, say_typed.LEFT_OUT, say_typed.AS_IT_IS)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*\s*")
_LETTERS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Found:
    """The words of an answer that need care."""

    names: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    is_about_health: bool = False
    judging: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names) or self.is_about_health

    @property
    def words(self) -> tuple[str, ...]:
        """The names and the words about health."""
        return (*self.names, *self.health)


def question_asked(request: Request, asked: AskedCheckIn) -> Question | None:
    """Return the question that typed text answers."""
    questions = say_check_ins.questions(request.voice, asked)
    return next((each for each in questions if each.key == asked.check_in.asking), None)


def find(
    request: Request, prompts: Prompts, text: str, reading: Reading, asked: AskedCheckIn | None
) -> Found:
    """Return what in an answer needs care."""
    if asked is None:
        return Found()
    words = prompts.words(request.voice.language)
    member = request.member
    known = {member.given_name, member.family_name, *asked.partner.split(), *asked.facts["school"].split()}
    names = words.names_in(text, known)
    if reading.intent is Intent.PUPIL_NAME:
        names = tuple(dict.fromkeys((*names, *(each for each in reading.found if each in text))))
    health = tuple(each for each in reading.found if each.casefold() in text.casefold())
    is_about_health = reading.intent is Intent.COLLEAGUE_HEALTH
    return Found(
        names=names,
        health=health if is_about_health else (),
        is_about_health=is_about_health,
        judging=words.judging_in(text)[:3] if asked.step.is_challenge else (),
    )


def show(request: Request, text: str, found: Found) -> Message:
    """Return the question what to do with the words that were found."""
    return say_typed.careful(
        request.voice,
        text,
        names=found.names[:3],
        health=found.is_about_health,
        judging=found.judging,
        is_safe_to_cut=bool(found.words),
    )


def change(voice: Voice, choice: str, text: str, found: Found) -> str:
    """Return the answer as its author has chosen; empty if nothing of it is left."""
    if choice == say_typed.PUPIL_A:
        for letter, name in zip(_LETTERS, found.names, strict=False):
            text = re.sub(rf"\b{re.escape(name)}\b", voice.text("typed.pupil", letter=letter), text)
    if choice == say_typed.LEFT_OUT:
        sentences = _SENTENCE.findall(text)
        folded = [each.casefold() for each in found.words]
        return "".join(
            each for each in sentences if not any(word in each.casefold() for word in folded)
        ).strip()
    return text
