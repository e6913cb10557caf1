"""A pack from its files: the settings in `pack.yaml`, and what they say of each step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from bot.model import Kind, Pack, Share, Step, Wording
from bot.prompts.flaws import Flaws, PackError
from bot.prompts.settings_file import YamlSettings, read_settings
from bot.prompts.wording import Written, read_wording

SETTINGS = "pack.yaml"
KNOWN_WORDS = ("partner", "school", "focus", "plan", "visit_day", "goal")
"""What a pack's words may name: the partner and their school; the reader's own focus, plan, visit day."""
ALWAYS_KNOWN = frozenset({"partner", "school"})
"""The others may be empty, and then their line is left out."""
CHALLENGE_QUESTIONS = ("evidence", "question", "suggestion")

_PACK_SETTINGS = ("id", "version", "languages", "title", "words", "steps")
_STEP_SETTINGS = (
    *("key", "file", "day", "open_days", "remind_after", "share", "stage"),
    *("challenge", "plan", "focus", "visit_day", "story"),
)
_T = TypeVar("_T")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack as far as its files could be read, with what a check needs beside it."""

    pack: Pack
    settings: YamlSettings
    words: tuple[str, ...]
    """The known words that this pack declares."""
    written: tuple[tuple[Written, ...], ...]
    """For each step its wording in each language, with the lines."""


def parse_pack(pack_id: str, files: Mapping[str, str]) -> Pack:
    """The pack that these files (name → text) make; raises `PackError` at the first thing that is wrong."""
    return _parse(pack_id, frozenset(files.items()))


@lru_cache(maxsize=64)  # a running cycle's pack is made of the same files at every message
def _parse(pack_id: str, files: frozenset[tuple[str, str]]) -> Pack:
    flaws = Flaws()
    read = read_pack(pack_id, dict(sorted(files)), flaws)
    if flaws.wrong:
        raise PackError.of(flaws.wrong[0])
    return read.pack


def read_pack(pack_id: str, files: Mapping[str, str], flaws: Flaws, folder: str = "") -> PackFiles:
    """As much of the pack as can be read, and every flaw of structure; `folder` goes before file names."""
    name = folder + SETTINGS
    if SETTINGS not in files:
        flaws.fix(name, 1, "pack-yaml-missing")
    settings = read_settings(name, files.get(SETTINGS, ""), flaws)
    asked = _Asked(settings, flaws)
    asked.only(_PACK_SETTINGS)
    if asked.text("id") != pack_id:
        flaws.fix(name, settings.line("id"), "pack-id", id=asked.text("id"), folder=pack_id)
    if not _VERSION.fullmatch(asked.text("version")):
        flaws.fix(name, settings.line("version"), "pack-version", version=asked.text("version"))
    languages = asked.texts("languages")
    titles = asked.mapping("title")
    for language in languages:
        if language not in titles:
            flaws.fix(name, settings.line("title"), "translation-missing", what="title", language=language)
    words = asked.texts("words")
    for word in set(words) - set(KNOWN_WORDS):
        flaws.fix(name, settings.line("words"), "word-unknown", word=word, words=", ".join(KNOWN_WORDS))
    reader = _StepReader(files, flaws, folder, languages)
    steps, written = [], []
    for each in asked.steps():
        step, wordings = reader.step(each)
        steps.append(step)
        written.append(wordings)
    _check_order(settings, steps, flaws)
    reader.check_no_file_is_left()
    pack = Pack(
        id=pack_id,
        version=asked.text("version"),
        languages=languages,
        titles=tuple((language, titles[language]) for language in languages if language in titles),
        steps=tuple(steps),
    )
    return PackFiles(pack, settings, words, tuple(written))


def _check_order(settings: YamlSettings, steps: list[Step], flaws: Flaws) -> None:
    if not steps:
        flaws.fix(settings.file, settings.line("steps"), "no-steps")
    seen: dict[str, int] = {}
    for number, step in enumerate(steps):
        line = settings.line("steps", number, "key")
        if step.key in seen:
            flaws.fix(
                settings.file, line, "duplicate-key", key=step.key, first=f"{settings.file}:{seen[step.key]}"
            )
        seen.setdefault(step.key, line)
        before = steps[number - 1] if number else None
        if before and step.day <= before.day:
            day_line = settings.line("steps", number, "day")
            flaws.fix(
                settings.file, day_line, "days-not-rising", step=step.key, day=step.day, before=before.day
            )


class _StepReader:
    """Reads the steps of one pack and remembers which files they used."""

    def __init__(
        self, files: Mapping[str, str], flaws: Flaws, folder: str, languages: tuple[str, ...]
    ) -> None:
        self._files = files
        self._flaws = flaws
        self._folder = folder
        self._languages = languages
        self._left = set(files) - {SETTINGS}

    def step(self, asked: _Asked) -> tuple[Step, tuple[Written, ...]]:
        """One step of `pack.yaml` with its wordings."""
        asked.only(_STEP_SETTINGS)
        written = tuple(self._wordings(asked))
        step = Step(
            key=asked.text("key"),
            day=asked.number("day"),
            open_days=asked.number("open_days"),
            remind_after=asked.number("remind_after") if asked.has("remind_after") else None,
            share=asked.share(),
            stage=asked.text("stage"),
            is_challenge=asked.truth("challenge"),
            plan=asked.pair("plan"),
            focus=asked.text("focus") if asked.has("focus") else None,
            visit_day=asked.text("visit_day") if asked.has("visit_day") else None,
            story=asked.pair("story"),
            wording=tuple((each.language, each.wording) for each in written),
        )
        if step.remind_after is not None and step.remind_after >= step.open_days:
            asked.fix("remind_after", "remind-too-late", step=step.key, days=step.open_days)
        if written:
            _check_roles(step, written[0].wording, asked)
        return step, written

    def _wordings(self, asked: _Asked) -> Iterator[Written]:
        first: Written | None = None
        for language in self._languages:
            name = f"{asked.text('file')}.{language}.md"
            if name not in self._files:
                asked.fix("file", "translation-missing", what=name, language=language)
                continue
            self._left.discard(name)
            written = read_wording(self._folder + name, language, self._files[name], self._flaws)
            first = first or written
            _check_translation(first, written, self._flaws)
            yield written

    def check_no_file_is_left(self) -> None:
        """A file that no step names is a slip: a language not declared, or a name misspelt."""
        for name in sorted(self._left):
            self._flaws.fix(self._folder + name, 1, "file-unused")


def _check_translation(first: Written, other: Written, flaws: Flaws) -> None:
    """A translation has the same headings and options in the same order: only the words differ."""
    wanted = [question for question, _ in first.headings]
    found = [question for question, _ in other.headings]
    for heading in wanted:
        if heading not in found:
            flaws.fix(other.file, 1, "translation-lacks", heading=heading, first=first.file)
    for heading, line in other.headings:
        if heading not in wanted:
            flaws.fix(other.file, line, "translation-adds", heading=heading, first=first.file)
    if sorted(wanted) == sorted(found) and wanted != found:
        flaws.fix(other.file, other.headings[0][1], "translation-order", first=first.file)
    options = {
        question.key: [option.key for option in question.options] for question in first.wording.questions
    }
    for question in other.wording.questions:
        keys = [option.key for option in question.options]
        if question.key in options and keys != options[question.key]:
            line = other.line(question.key)
            flaws.fix(other.file, line, "translation-options", question=question.key, first=first.file)


def _check_roles(step: Step, wording: Wording, asked: _Asked) -> None:
    """The questions that `pack.yaml` names are there, and of a kind that fits."""
    kinds = {question.key: question.kind for question in wording.questions}
    texts = {Kind.SHORT, Kind.LONG}
    roles: list[tuple[str, str, set[Kind]]] = []
    roles += [("plan", key, texts) for key in step.plan or ()]
    roles += [("focus", key, texts) for key in (step.focus,) if key]
    roles += [("visit_day", key, {Kind.DATE}) for key in (step.visit_day,) if key]
    if step.story:
        roles += [("story", step.story[0], texts), ("story", step.story[1], {Kind.ONE})]
    if step.is_challenge:
        roles += [("challenge", key, texts) for key in CHALLENGE_QUESTIONS]
    for setting, key, allowed in roles:
        if kinds.get(key) not in allowed:
            asked.fix(
                setting, "question-missing", setting=setting, question=key, kinds=", ".join(sorted(allowed))
            )


class _Asked:
    """A mapping of the settings: asks for values by name, and notes what is missing or of another kind."""

    def __init__(
        self,
        settings: YamlSettings,
        flaws: Flaws,
        values: Mapping[str, object] | None = None,
        *path: str | int,
    ) -> None:
        self._settings = settings
        self._flaws = flaws
        self._values = settings.values if values is None else values
        self._path = path

    def fix(self, name: str, key: str, **facts: str | int) -> None:
        """Note a flaw at that setting."""
        self._flaws.fix(self._settings.file, self._settings.line(*self._path, name), key, **facts)

    def only(self, names: tuple[str, ...]) -> None:
        """Note every setting of another name."""
        for name in self._values:
            if name not in names:
                self.fix(name, "unknown-setting", setting=name, settings=", ".join(names))

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        return self._wrong(name, "setting-not-text", "")

    def number(self, name: str) -> int:
        value = self._values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        return self._wrong(name, "setting-not-number", 1)

    def truth(self, name: str) -> bool:
        value = self._values.get(name, False)
        return value if isinstance(value, bool) else self._wrong(name, "setting-not-truth", default=False)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            return tuple(value)
        return self._wrong(name, "setting-not-texts", ())

    def pair(self, name: str) -> tuple[str, str] | None:
        if not self.has(name):
            return None
        value = self._values[name]
        if isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value):
            return value[0], value[1]
        return self._wrong(name, "setting-not-pair", None)

    def mapping(self, name: str) -> dict[str, str]:
        value = self._values.get(name)
        if isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair):
            return value
        return self._wrong(name, "setting-not-texts", {})

    def share(self) -> Share:
        try:
            return Share(self.text("share"))
        except ValueError:
            choices = ", ".join(Share)
            self.fix("share", "share-unknown", share=str(self._values.get("share")), choices=choices)
            return Share.ME

    def steps(self) -> Iterator[_Asked]:
        steps = self._values.get("steps")
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            if isinstance(step, dict):
                yield _Asked(self._settings, self._flaws, step, "steps", number)
            else:
                line = self._settings.line("steps", number)
                self._flaws.fix(self._settings.file, line, "step-not-settings")

    def _wrong(self, name: str, key: str, default: _T) -> _T:
        self.fix(name, key, setting=name)
        return default
