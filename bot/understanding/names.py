"""Finding pupils' names in a text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.prompts import Phrases
from bot.understanding.features import NAMES

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_OWN = re.compile(r"['’]s?$")
_BEGINNINGS = ("", ".", "!", "?", ":", '"', "“", "-")
_BESIDE = re.compile(r"\s*(?:,|&|\band\b)\s*(?:and\s+)?", re.IGNORECASE)
"""The text between two names of a list."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names found in a text."""

    sure: tuple[str, ...]
    """First names, each with the family name behind it."""
    maybe: tuple[str, ...]
    """Words that are names or begin a sentence, and words with a capital that no phrase uses."""


class NameFinder:
    """Finds first names by the content's list and by capitals; names of known people are left out."""

    def __init__(self, phrases: Phrases) -> None:
        self._names = frozenset(name.casefold() for name in phrases.words(NAMES))
        self._also_words = frozenset(name.casefold() for name in phrases.words("also_words"))
        self._spelled_small = frozenset(
            word
            for own in phrases.by_intent.values()
            for phrase in own
            for word in _WORD.findall(phrase)
            if word[0].islower()
        )

    def names_in(self, text: str, known: Collection[str]) -> Names:
        """Return the names in a text that are no part of a known name."""
        harmless = {part.casefold() for name in known for part in _WORD.findall(name)}
        sure, maybe = list[str](), list[str]()
        end = -1  # of the last sure name
        for match in _WORD.finditer(text):
            word = _OWN.sub("", match[0])
            folded = word.casefold()
            if len(folded) < 2 or folded in harmless:
                continue
            is_capital = word[0].isupper() and not word.isupper()
            begins = text[: match.start()].rstrip()[-1:] in _BEGINNINGS
            is_unusual = is_capital and (folded in self._names or folded not in self._spelled_small)
            between = text[end : match.start()] if sure and end >= 0 else ""
            if is_capital and between and not between.strip(" ") and folded not in self._also_words:
                sure[-1] += f"{between}{word}"
            elif (is_unusual and _BESIDE.fullmatch(between)) or (
                folded in self._names and (folded not in self._also_words or (is_capital and not begins))
            ):
                sure.append(word)
            else:
                maybe += [word] if is_unusual else []
                continue
            end = match.start() + len(word)
        return Names(tuple(dict.fromkeys(sure)), tuple(dict.fromkeys(maybe)))
