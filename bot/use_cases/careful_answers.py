"""What in a text needs its author's care first: a pupil's name, a colleague's health, a judgement."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.message import Message
from bot.model import Intent
from bot.prompts import Phrases, Prompts, Voice
from bot.say import typed as say_typed
from bot.say.check_ins import AskedCheckIn
from bot.understanding.names import NameFinder
from bot.understanding.reading import Reading
from bot.use_cases import situations
from bot.use_cases.request import Request

CHOICES = (say_typed.PUPIL_A, say_typed.LEFT_OUT, say_typed.AS_IT_IS)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*\s*")


@dataclass(frozen=True, slots=True)
class Found:
    """The words of a text that need care."""

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


def find_in_answer(
    request: Request, prompts: Prompts, text: str, asked: AskedCheckIn, reading: Reading | None = None
) -> Found:
    """Return what in an answer needs care; `reading` is how it reads, if that is known."""
    situation = situations.of_question(request, asked)
    reading = reading or situations.read(request, prompts, text, situation)
    known = (*asked.partner_names, *asked.facts["school"].split())
    return _find(request, prompts, text, reading, known, judges=asked.step.is_challenge)


def find_in_note(request: Request, prompts: Prompts, text: str, partners: Collection[str]) -> Found:
    """Return what in a note to the partners needs care."""
    reading = situations.read(request, prompts, text, situations.of_note(request, partners))
    return _find(request, prompts, text, reading, partners, judges=False)


def names_in(request: Request, prompts: Prompts, text: str, known: Collection[str]) -> tuple[str, ...]:
    """Return what is surely or by its place in a text the name of a pupil; `known` are other people's names."""
    language = request.voice.language
    known = {request.member.given_name, request.member.family_name, *known}
    by_place = prompts.words(language).names_in(text, known)
    return tuple(dict.fromkeys((*by_place, *_finder(prompts.phrases(language)).names_in(text, known).sure)))


@lru_cache(maxsize=4)
def _finder(phrases: Phrases) -> NameFinder:
    return NameFinder(phrases)


def _find(
    request: Request, prompts: Prompts, text: str, reading: Reading, known: Collection[str], *, judges: bool
) -> Found:
    names = names_in(request, prompts, text, known)
    if reading.intent is Intent.PUPIL_NAME:
        names = tuple(dict.fromkeys((*names, *(each for each in reading.found if each in text))))
    is_about_health = reading.intent is Intent.COLLEAGUE_HEALTH
    health = tuple(each for each in reading.found if each.casefold() in text.casefold())
    return Found(
        names=names,
        health=health if is_about_health else (),
        is_about_health=is_about_health,
        judging=prompts.words(request.voice.language).judging_in(text)[:3] if judges else (),
    )


def show(
    request: Request, text: str, found: Found, destination: str, *, is_safe_to_cut: bool = True
) -> Message:
    """Return the question what to do with the words that were found; its buttons remember where the text goes."""
    return say_typed.careful(
        request.voice,
        text,
        names=_longest(found.names)[:3],
        health=found.is_about_health,
        judging=found.judging,
        is_safe_to_cut=is_safe_to_cut and bool(found.words),
        destination=destination,
    )


def _longest(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names without those that stand with their family name among them, too."""
    return tuple(name for name in names if not any(other.startswith(f"{name} ") for other in names))


def change(voice: Voice, choice: str, text: str, found: Found) -> str:
    """Return the text as its author has chosen; empty if nothing of it is left."""
    if choice == say_typed.PUPIL_A:
        # A pupil who is named twice, once with the family name, stays one pupil.
        firsts = list(dict.fromkeys(_first_name(name) for name in found.names))
        letters = dict(zip(firsts, say_typed.LETTERS, strict=False))
        for name in sorted(found.names, key=len, reverse=True):
            if letter := letters.get(_first_name(name)):
                text = re.sub(rf"\b{re.escape(name)}\b", voice.text("typed.pupil", letter=letter), text)
    if choice == say_typed.LEFT_OUT:
        sentences = _SENTENCE.findall(text)
        folded = [each.casefold() for each in found.words]
        return "".join(
            each for each in sentences if not any(word in each.casefold() for word in folded)
        ).strip()
    return text


def _first_name(name: str) -> str:
    return name.split(maxsplit=1)[0].casefold()
