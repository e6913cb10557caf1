"""What people type, by intent (`understand.<language>.yaml`): the phrases and word lists that a reader learns from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bot.model import Intent
from bot.prompts.flaws import ContentError, Flaw, Flaws
from bot.prompts.settings_file import YamlSettings, read_settings

FILE = re.compile(r"understand\.(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.yaml")
PHRASES, WORDS = "phrases", "words"
FEWEST_PHRASES = 40


@dataclass(frozen=True, eq=False)
class Phrases:
    """The phrases and word lists of one language; each is a line of a block, so that no quotation marks are needed."""

    by_intent: Mapping[Intent, tuple[str, ...]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def words(self, name: str) -> tuple[str, ...]:
        """Return a word list, or an empty one."""
        return self.lists.get(name, ())


def phrase_files(files: Mapping[str, str]) -> dict[str, str]:
    """Return the names of the files of phrases by language."""
    return {match["language"]: file for file in files if (match := FILE.fullmatch(file))}


@lru_cache(maxsize=8)  # some thousand lines: read once a process, however often the content is loaded
def read_phrases(file: str, content: str) -> Phrases:
    """Return the phrases of a file. Raises `ContentError` for content that cannot be used."""
    flaws = Flaws()
    phrases = _read(read_settings(file, content, flaws), flaws)
    if flaws.wrong:
        raise ContentError.of(flaws.wrong[0])
    return phrases


def check_phrases(file: str, content: str, flaws: Flaws) -> None:
    """Add everything that is wrong in a file of phrases to the flaws."""
    flaws.found += _flaws_of(file, content)


@lru_cache(maxsize=8)  # some thousand lines: checked once a process, however often the rest of the content is
def _flaws_of(file: str, content: str) -> tuple[Flaw, ...]:
    flaws = Flaws()
    settings = read_settings(file, content, flaws)
    phrases = _read(settings, flaws)
    first: dict[str, Intent] = {}
    for intent in Intent:
        start, own = settings.line(PHRASES, intent), phrases.by_intent.get(intent, ())
        if len(own) < FEWEST_PHRASES:
            count = len(own)
            flaws.fix(file, start, "too-few-phrases", intent=intent, count=count, fewest=FEWEST_PHRASES)
        for number, phrase in enumerate(own, start=1):
            other = first.setdefault(phrase.casefold(), intent)
            if other is not intent:
                flaws.fix(file, start + number, "phrase-twice", phrase=phrase, intent=intent, other=other)
    return tuple(flaws.found)


def _read(settings: YamlSettings, flaws: Flaws) -> Phrases:
    for part in settings.values:
        if part not in (PHRASES, WORDS):
            known = f"{PHRASES}, {WORDS}"
            flaws.fix(settings.file, settings.line(part), "unknown-setting", setting=part, settings=known)
    phrases = _blocks(settings, PHRASES, flaws)
    for name in phrases:
        if name not in set(Intent):
            line = settings.line(PHRASES, name)
            flaws.fix(settings.file, line, "intent-unknown", intent=name, intents=", ".join(Intent))
    by_intent = {intent: phrases[intent] for intent in Intent if intent in phrases}
    return Phrases(by_intent, _blocks(settings, WORDS, flaws))


def _blocks(settings: YamlSettings, part: str, flaws: Flaws) -> dict[str, tuple[str, ...]]:
    """Return the lines of each block of a part of the file."""
    blocks = settings.values.get(part) or {}
    if not isinstance(blocks, dict):
        flaws.fix(settings.file, settings.line(part), "not-lines", setting=part)
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for name, block in blocks.items():
        if isinstance(block, str):
            found[str(name)] = tuple(line.strip() for line in block.splitlines() if line.strip())
        else:
            flaws.fix(settings.file, settings.line(part, str(name)), "not-lines", setting=str(name))
    return found
