"""Reading a pack from its files: `pack.yaml` and the wordings that it names."""

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
"""The facts that a pack's texts may name: the partner and their school; the reader's own focus, plan, visit day."""
ALWAYS_KNOWN = frozenset({"partner", "school"})
"""The facts that are never empty; a line with an empty fact is left out."""
CHALLENGE_QUESTIONS = ("evidence", "question", "suggestion")

_PACK_SETTINGS = ("id", "version", "languages", "title", "words", "steps")
_STEP_SETTINGS = (
    *("key", "file", "day", "open_days", "remind_after", "share", "stage"),
    *("challenge", "plan", "focus", "visit_day", "story", "story_for_all"),
)
_T = TypeVar("_T")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack as far as its files could be read, with what `check` needs besides."""

    pack: Pack
    settings: YamlSettings
    words: tuple[str, ...]
    """The facts that this pack declares."""
    written: tuple[tuple[Written, ...], ...]
    """The wordings of each step in each language, with their lines."""


def parse_pack(pack_id: str, files: Mapping[str, str]) -> Pack:
    """Return the pack of these files (name → text); raises `PackError` for the first flaw."""
    return _parse(pack_id, frozenset(files.items()))


@lru_cache(maxsize=64)  # a cycle's pack is read from its stored files for every message
def _parse(pack_id: str, files: frozenset[tuple[str, str]]) -> Pack:
    flaws = Flaws()
    read = read_pack(pack_id, dict(sorted(files)), flaws)
    if flaws.wrong:
        raise PackError.of(flaws.wrong[0])
    return read.pack


def read_pack(pack_id: str, files: Mapping[str, str], flaws: Flaws, folder: str = "") -> PackFiles:
    """Read as much of a pack as possible, adding every flaw; `folder` is put before the file names of flaws."""
    name = folder + SETTINGS
    if SETTINGS not in files:
        flaws.fix(name, 1, "pack-yaml-missing")
    settings = read_settings(name, files.get(SETTINGS, ""), flaws)
    given = _TypedSettings(settings, flaws)
    given.refuse_unknown(_PACK_SETTINGS)
    if given.text("id") != pack_id:
        flaws.fix(name, settings.line("id"), "pack-id", id=given.text("id"), folder=pack_id)
    if not _VERSION.fullmatch(given.text("version")):
        flaws.fix(name, settings.line("version"), "pack-version", version=given.text("version"))
    languages = given.text_list("languages")
    titles = given.mapping("title")
    for language in languages:
        if language not in titles:
            flaws.fix(name, settings.line("title"), "translation-missing", what="title", language=language)
    words = given.text_list("words")
    for word in set(words) - set(KNOWN_WORDS):
        flaws.fix(name, settings.line("words"), "word-unknown", word=word, words=", ".join(KNOWN_WORDS))
    reader = _StepReader(files, flaws, folder, languages)
    steps, written = [], []
    for each in given.steps():
        step, wordings = reader.step(each)
        steps.append(step)
        written.append(wordings)
    _check_order(settings, steps, flaws)
    reader.check_unused_files()
    pack = Pack(
        id=pack_id,
        version=given.text("version"),
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
    """A reader of one pack's steps, which records the files that they use."""

    def __init__(
        self, files: Mapping[str, str], flaws: Flaws, folder: str, languages: tuple[str, ...]
    ) -> None:
        self._files = files
        self._flaws = flaws
        self._folder = folder
        self._languages = languages
        self._unused = set(files) - {SETTINGS}

    def step(self, given: _TypedSettings) -> tuple[Step, tuple[Written, ...]]:
        """Return one step of `pack.yaml` with its wordings."""
        given.refuse_unknown(_STEP_SETTINGS)
        written = tuple(self._wordings(given))
        step = Step(
            key=given.text("key"),
            day=given.positive_int("day"),
            open_days=given.positive_int("open_days"),
            remind_after=given.positive_int("remind_after") if given.has("remind_after") else None,
            share=given.share(),
            stage=given.text("stage"),
            is_challenge=given.boolean("challenge"),
            plan=given.pair("plan"),
            focus=given.text("focus") if given.has("focus") else None,
            visit_day=given.text("visit_day") if given.has("visit_day") else None,
            story=given.pair("story"),
            story_for_all=given.boolean("story_for_all"),
            wording=tuple((each.language, each.wording) for each in written),
        )
        if step.remind_after is not None and step.remind_after >= step.open_days:
            given.fix("remind_after", "remind-too-late", step=step.key, days=step.open_days)
        if written:
            _check_roles(step, written[0].wording, given)
        return step, written

    def _wordings(self, given: _TypedSettings) -> Iterator[Written]:
        first: Written | None = None
        for language in self._languages:
            name = f"{given.text('file')}.{language}.md"
            if name not in self._files:
                given.fix("file", "translation-missing", what=name, language=language)
                continue
            self._unused.discard(name)
            written = read_wording(self._folder + name, language, self._files[name], self._flaws)
            first = first or written
            _check_translation(first, written, self._flaws)
            yield written

    def check_unused_files(self) -> None:
        """Add a flaw for each file that no step names: a language not declared, or a misspelt name."""
        for name in sorted(self._unused):
            self._flaws.fix(self._folder + name, 1, "file-unused")


def _check_translation(first: Written, other: Written, flaws: Flaws) -> None:
    """Check that a translation has the same headings and options in the same order."""
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


def _check_roles(step: Step, wording: Wording, given: _TypedSettings) -> None:
    """Check that the questions that `pack.yaml` names exist and are of a kind that fits."""
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
            given.fix(
                setting, "question-missing", setting=setting, question=key, kinds=", ".join(sorted(allowed))
            )


class _TypedSettings:
    """Settings read by name and type; what is missing or of another type is added to the flaws."""

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
        """Add a flaw at that setting."""
        self._flaws.fix(self._settings.file, self._settings.line(*self._path, name), key, **facts)

    def refuse_unknown(self, names: tuple[str, ...]) -> None:
        """Add a flaw for every setting of another name."""
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

    def positive_int(self, name: str) -> int:
        value = self._values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        return self._wrong(name, "setting-not-number", 1)

    def boolean(self, name: str) -> bool:
        value = self._values.get(name, False)
        return value if isinstance(value, bool) else self._wrong(name, "setting-not-truth", default=False)

    def text_list(self, name: str) -> tuple[str, ...]:
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

    def steps(self) -> Iterator[_TypedSettings]:
        steps = self._values.get("steps")
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            if isinstance(step, dict):
                yield _TypedSettings(self._settings, self._flaws, step, "steps", number)
            else:
                line = self._settings.line("steps", number)
                self._flaws.fix(self._settings.file, line, "step-not-settings")

    def _wrong(self, name: str, key: str, default: _T) -> _T:
        self.fix(name, key, setting=name)
        return default
