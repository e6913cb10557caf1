"""The features of a text from which intents are learnt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.prompts import Phrases
from bot.understanding.normalise import normalise

PIECES = re.compile(r"[\w']+|[^\w\s]")
NAMES = "first_names"
_REPLACED = ("children", "family", "days", "months")
"""Lists whose single words all look alike in the sequence of kinds of words."""
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th|am|pm)?")
_CAPITAL_WITHIN = re.compile(r"[a-z,] [A-Z][a-z]")
_LENGTHS = ((3, "1-3"), (6, "4-6"), (10, "7-10"), (16, "11-16"))


class WordLists:
    """The word lists of a language."""

    def __init__(self, phrases: Phrases) -> None:
        lists = {name: words for name, words in phrases.lists.items() if name != NAMES}
        self._patterns = {name: _pattern(words) for name, words in lists.items()}
        self._kinds = {word: f"<{name}>" for name in _REPLACED for word in lists.get(name, ())}

    def touched(self, normalised: str) -> list[str]:
        """Return the names of the lists of which a word stands in a text."""
        return [name for name, pattern in self._patterns.items() if pattern.search(normalised)]

    def found(self, name: str, normalised: str) -> tuple[str, ...]:
        """Return the words of a text that stand in a list."""
        pattern = self._patterns.get(name)
        return tuple(dict.fromkeys(pattern.findall(normalised))) if pattern else ()

    def kind(self, piece: str) -> str:
        """Return the kind of a word, or the word itself."""
        if _NUMBER.fullmatch(piece):
            return "<number>"
        return self._kinds.get(piece.removesuffix("'s"), piece)


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern that finds each of these words; a star at a word's end stands for any letters."""
    written = sorted({normalise(word) for word in words}, key=len, reverse=True)
    each = (re.escape(word[:-1]) + r"\w*" if word.endswith("*") else re.escape(word) for word in written)
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")


def features_of(text: str, lists: WordLists) -> tuple[Sequence[str], ...]:
    """Return the features of a text in four blocks: letters, words, kinds of words, and marks of its shape."""
    normalised = normalise(text)
    words = PIECES.findall(normalised)
    kinds = [lists.kind(word) for word in words]
    return _letters(normalised), _runs(words, 2), _runs(kinds, 3), _marks(text, normalised, words, lists)


def _letters(normalised: str) -> list[str]:
    """Return the runs of four letters within words, whose ends count as a letter."""
    words = [f" {word} " for word in normalised.split()]
    return [word[start : start + 4] for word in words for start in range(len(word) - 3)]


def _runs(words: Sequence[str], longest: int) -> list[str]:
    """Return the runs of up to so many words."""
    sizes = range(1, longest + 1)
    return [" ".join(words[start : start + size]) for size in sizes for start in range(len(words) - size + 1)]


def _marks(text: str, normalised: str, words: Sequence[str], lists: WordLists) -> list[str]:
    touched = lists.touched(normalised)
    marks = {
        "?": "?" in normalised,
        "address": "http" in normalised or "www." in normalised,
        "capital within": bool(_CAPITAL_WITHIN.search(text)),
        "capital later": any(letter.isupper() for letter in text[1:]),
        "harm to a child": {"harm", "children"} <= set(touched),
    }
    length = next((name for most, name in _LENGTHS if len(words) <= most), "17+")
    ends = [f"first {words[0]}", f"last {words[-1]}"] if words else []
    return [length, *ends, *touched, *(name for name, is_there in marks.items() if is_there)]
