"""What the titles of calendar events say (`calendar.<language>.yaml`): phrases by the sign that each gives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from bot.prompts.flaws import Flaws
from bot.prompts.settings_file import read_settings

FILE = re.compile(r"calendar\.(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.yaml")
A_NUMBER, A_YEAR = "1", "2026"
"""Stand for any number of one or two digits, and for any longer one."""
MOST_DIGITS = 2

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_INITIALS = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
"""The full stops between initials: "P.A. day" is a PA day."""
_APOSTROPHES = str.maketrans("", "", "'’‘`\u00b4\u02bc")


class Sign(StrEnum):
    """What a phrase in a title says; the names of the lists in the content, which explains each."""

    TERM = "terms"
    HOLIDAY = "holidays"
    HALF_TERM = "half_terms"
    STAFF_DAY = "staff_days"
    NO_LESSONS = "no_lessons"
    HOLIDAY_NAME = "holiday_names"
    OBSERVED = "observed"
    STARTS = "starts"
    ENDS = "ends"
    SCHOOL_STARTS = "school_starts"
    SCHOOL_ENDS = "school_ends"
    SHORTER_DAY = "shorter_days"
    PART = "parts"
    FACILITY = "facilities"
    UNSURE = "unsure"
    TIME = "times"
    JOINER = "joiners"
    ASIDE = "asides"
    SCHOOL_LIFE = "school_life"


@dataclass(frozen=True, eq=False)
class CalendarWords:
    """The phrases of all languages, each as folded words."""

    signs: Mapping[tuple[str, ...], Sign] = field(default_factory=dict)

    def find(self, text: str) -> tuple[Sign, ...]:
        """Return the signs of a text in order; at each place the longest phrase counts."""
        return tuple(self._find(_fold(text)))

    def _find(self, words: tuple[str, ...]) -> Iterator[Sign]:
        named = tuple(word for word in words if not self._is_beside_a_name(word))
        if self.signs.get(named) is Sign.HOLIDAY_NAME:
            yield Sign.HOLIDAY_NAME
            return
        longest = max(map(len, self.signs), default=0)
        place = 0
        while place < len(words):
            for length in range(min(longest, len(words) - place), 0, -1):
                sign = self.signs.get(words[place : place + length])
                if sign is not None and sign is not Sign.HOLIDAY_NAME:
                    yield sign
                    place += length
                    break
            else:
                place += 1

    def _is_beside_a_name(self, word: str) -> bool:
        """Return whether the word may stand beside a holiday's name: a number, or that it is observed on this day."""
        return word.isdecimal() or self.signs.get((word,)) is Sign.OBSERVED


def read_calendar_words(files: Mapping[str, str], flaws: Flaws) -> CalendarWords:
    """Return the phrases of all files of calendar words, and add what is wrong in them to the flaws."""
    named = sorted((file, content) for file, content in files.items() if FILE.fullmatch(file))
    signs: dict[tuple[str, ...], Sign] = {}
    for file, content in named:
        own, found = _read(file, content)
        flaws.found.extend(found.found)
        for phrase, sign in own.items():
            signs.setdefault(phrase, sign)
    return CalendarWords(signs)


@lru_cache(maxsize=32)  # read once a process, however often the content is loaded
def _read(file: str, content: str) -> tuple[Mapping[tuple[str, ...], Sign], Flaws]:
    flaws = Flaws()
    settings = read_settings(file, content, flaws)
    lists = ", ".join(Sign)
    signs: dict[tuple[str, ...], Sign] = {}
    for name, phrases in settings.values.items():
        if name not in set(Sign):
            flaws.fix(file, settings.line(name), "unknown-setting", setting=name, settings=lists)
        elif not isinstance(phrases, list) or not all(isinstance(each, str) for each in phrases):
            flaws.fix(file, settings.line(name), "not-words", setting=name)
        else:
            for number, phrase in enumerate(phrases):
                other = signs.setdefault(_fold(phrase), Sign(name))
                if other is not Sign(name):
                    line = settings.line(name, number)
                    flaws.fix(file, line, "phrase-in-two-lists", phrase=phrase, one=other, two=name)
    signs.pop((), None)
    return signs, flaws


def _fold(text: str) -> tuple[str, ...]:
    """Return the words of a text without case, accents and apostrophes; a number stands for any number."""
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("&", " and ")
    plain = _INITIALS.sub("", plain)
    return tuple(map(_any_number, _TOKEN.findall(plain)))


def _any_number(word: str) -> str:
    if not word.isdecimal():
        return word
    return A_NUMBER if len(word) <= MOST_DIGITS else A_YEAR
