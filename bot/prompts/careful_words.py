"""Words to be careful with (`words.<language>.yaml`): guilt, judgement, and what may be a pupil's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.prompts.flaws import Flaws
from bot.prompts.markdown import find_phrases
from bot.prompts.settings_file import read_settings

FILE = re.compile(r"words\.(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.yaml")
LISTS = (
    *("guilt", "judging", "not_judging", "before_names", "after_names", "never_names"),
    *("tell", "tell_polite", "tell_partner", "tell_unclear"),
)

_CAPITALISED = r"[^\W\d_a-z][\w’'-]*\w"


@dataclass(frozen=True, slots=True)
class Words:
    """The lists of one language. What they find are guesses: reason enough to ask the writer, and for nothing more."""

    guilt: tuple[str, ...] = ()
    judging: tuple[str, ...] = ()
    not_judging: tuple[str, ...] = ()
    before_names: tuple[str, ...] = ()
    after_names: tuple[str, ...] = ()
    never_names: tuple[str, ...] = ()
    tell: tuple[str, ...] = ()
    """How a request to pass words on begins, with the partner and the words in braces."""
    tell_polite: tuple[str, ...] = ()
    tell_partner: tuple[str, ...] = ()
    """Words for a partner, besides their name."""
    tell_unclear: tuple[str, ...] = ()
    """First words after which it isn't plain what is to be passed on."""

    def guilt_in(self, text: str) -> tuple[str, ...]:
        """Return the phrases of a text that make a reader feel guilty."""
        return find_phrases(self.guilt, text)

    def judging_in(self, text: str) -> tuple[str, ...]:
        """Return the words of a text that judge instead of describing."""
        for harmless in find_phrases(self.not_judging, text):
            text = text.replace(harmless, " … ")
        return find_phrases(self.judging, text)

    def names_in(self, text: str, known: Collection[str] = ()) -> tuple[str, ...]:
        """Return what reads like a pupil's name in a text and is no part of a known name (partners, schools)."""
        harmless = {part.casefold() for name in (*known, *self.never_names) for part in name.split()}
        return tuple(
            dict.fromkeys(
                name for name in self._named(text) if name[0].isupper() and name.casefold() not in harmless
            )
        )

    def _named(self, text: str) -> Iterator[str]:
        before = "|".join(map(re.escape, self.before_names))
        after = "|".join(map(re.escape, self.after_names))
        if before:
            yield from re.findall(rf"\b(?i:{before})\s+({_CAPITALISED})", text)
        if after:
            yield from re.findall(rf"(?<![\w’'-])({_CAPITALISED})\s+(?:{after})\b", text)


def read_words(files: Mapping[str, str], flaws: Flaws) -> dict[str, Words]:
    """Return the lists by language."""
    found: dict[str, Words] = {}
    for file, content in files.items():
        if match := FILE.fullmatch(file):
            found[match["language"]] = _read(file, content, flaws)
    return found


def _read(file: str, content: str, flaws: Flaws) -> Words:
    settings = read_settings(file, content, flaws)
    lists: dict[str, tuple[str, ...]] = {}
    for name, words in settings.values.items():
        if name not in LISTS:
            flaws.fix(
                file,
                settings.line(name),
                "unknown-setting",
                setting=name,
                settings=", ".join(LISTS),
            )
        elif not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            # Without quotes, YAML reads `no` and `yes` as booleans, and 12 as a number.
            flaws.fix(file, settings.line(name), "not-words", setting=name)
        else:
            lists[name] = tuple(words)
    return Words(**lists)
