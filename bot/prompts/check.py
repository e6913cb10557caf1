"""`jpd prompts check`: find what is wrong in the content, and what deserves a second look."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.model import DEFAULT_LANGUAGE, CycleState, DeliveryKind, DeliveryState, Question, Role
from bot.prompts.calendar_words import read_calendar_words
from bot.prompts.careful_words import Words, read_words
from bot.prompts.content import Sentence, facts_of, read_texts
from bot.prompts.flaws import ContentError, Flaw, Flaws, Level
from bot.prompts.library import files_of, pack_ids, read_folder
from bot.prompts.markdown import count_words, sentences, stray_braces, words_in
from bot.prompts.packs import ALWAYS_KNOWN, SETTINGS, PackFiles, read_pack
from bot.prompts.phrases import check_phrases, phrase_files
from bot.prompts.voice import Voice
from bot.prompts.wording import Written
from bot.rules.commands import TEXT_KEYS

LONGEST_TITLE = 24
LONGEST_OPTION = 75
MOST_WORDS_BEFORE_THE_QUESTION = 60
MOST_WORDS_IN_A_SENTENCE = 20
MOST_INPUTS = 3
BASICS = "bot/basics.en.md"
"""The file that is named when a text is missing and no other text of its area exists; any file may hold it."""
NEEDED = TEXT_KEYS | {
    *(f"kind.{kind}" for kind in DeliveryKind),
    *(f"delivery.{state}" for state in DeliveryState),
    *(f"state.{state}" for state in CycleState),
    *(f"role.{role}" for role in Role),
}
"""The keys that are put together from a table or an enum."""


@dataclass(frozen=True, slots=True)
class ContentFinding:
    """One line of the report."""

    level: Level
    file: str
    line: int
    what: str

    def __str__(self) -> str:
        """Return the line as the command prints it."""
        return f"{self.level} {self.file}:{self.line} {self.what}"


UNREADABLE = frozenset({"bad-yaml", "not-settings", "not-utf-8"})
"""Flaws after which nothing else is known of a file: they are told alone."""
FOLLOWS_A_LOST_FILE = frozenset({"text-missing", "translation-missing", "key-not-english", "stage-unknown"})
LINES = {
    "html": re.compile(r"</?[a-zA-Z][^<>]*>|<!--"),
    "dollar-brace": re.compile(r"\$\{"),
    "control-sign": re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"),
    "heading-without-space": re.compile(r"#{1,6}[^#\s]"),
}
"""What no line of a text may hold, by the key of its flaw; the last one stands at the beginning of a line."""
CODE = re.compile(r"`[^`]*`")


def check(
    folder: Path, needed: Collection[str] = (), shipped: Path | None = None
) -> tuple[ContentFinding, ...]:
    """Return every finding in a folder of content, by file and line; content with a `FIX` must not be published.

    `needed` are keys that the English texts must have beside those of `NEEDED`. Each key of the folder `shipped` must
    be there as well, and may name only the facts that its sentence there names.
    """
    flaws = Flaws()
    ours = read_folder(shipped, Flaws()) if shipped else {}
    return check_files(read_folder(folder, flaws), flaws, needed={*NEEDED, *needed}, shipped=ours)


def check_files(
    files: Mapping[str, str],
    flaws: Flaws | None = None,
    *,
    needed: Collection[str] = (),
    shipped: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ContentFinding, ...]:
    """Check files by name; `flaws` were found in reading them, `needed` are keys that the English texts must have."""
    flaws = flaws or Flaws()
    texts = read_texts(files, flaws)
    english = texts[DEFAULT_LANGUAGE]
    ours = read_texts(shipped, Flaws())[DEFAULT_LANGUAGE]
    for key in sorted((set(needed) | set(ours)) - set(english)):
        area = key.partition(".")[0]
        beside = next((each.file for other, each in english.items() if other.startswith(f"{area}.")), BASICS)
        file = ours[key].file if key in ours else beside
        flaws.fix(file, 1, "text-missing", key=key)
    words = read_words(files, flaws)
    read_calendar_words(files, flaws)
    for file in phrase_files(files).values():
        check_phrases(file, files[file], flaws)
    _Check(flaws, words, english, ours).everything(files, texts)
    _check_lines(files, flaws)
    voice = Voice(DEFAULT_LANGUAGE, english)
    found = _without_consequences(flaws.found)
    ordered = sorted(dict.fromkeys(found), key=lambda flaw: (flaw.file, flaw.line))
    return tuple(ContentFinding(flaw.level, flaw.file, flaw.line, _sentence(voice, flaw)) for flaw in ordered)


def _check_lines(files: Mapping[str, str], flaws: Flaws) -> None:
    """Find marks that are no Markdown of ours, at their own line."""
    for file, content in files.items():
        for number, line in enumerate(content.split("\n") if file.endswith(".md") else (), start=1):
            text = CODE.sub("", line)
            for key, pattern in LINES.items():
                found = pattern.match(text) if key == "heading-without-space" else pattern.search(text)
                if found:
                    flaws.fix(file, number, key, text=found[0] if found[0].isprintable() else "\\0")


def _without_consequences(found: Sequence[Flaw]) -> list[Flaw]:
    """Return the flaws without those that follow from a file that cannot be read."""
    unreadable = {flaw.file for flaw in found if flaw.key in UNREADABLE}
    packs = {
        file.rpartition("/")[0] for file in unreadable if not file.startswith(("bot/", "platforms/"))
    } - {""}
    is_text_lost = any(file.startswith(("bot/", "platforms/")) for file in unreadable)
    return [
        flaw
        for flaw in found
        if flaw.key in UNREADABLE
        or not (
            flaw.file in unreadable
            or flaw.file.rpartition("/")[0] in packs
            or (is_text_lost and flaw.key in FOLLOWS_A_LOST_FILE)
        )
    ]


def _sentence(voice: Voice, flaw: Flaw) -> str:
    """Return the sentence of a flaw; where the content lacks that sentence, its key and facts."""
    try:
        return voice.text(f"check.{flaw.key}", **dict(flaw.facts))
    except KeyError:
        return ContentError.of(flaw).what


class _Check:
    """Checks of content whose structure is right: words, lengths, questions, translations."""

    def __init__(
        self,
        flaws: Flaws,
        words: Mapping[str, Words],
        english: Mapping[str, Sentence],
        shipped: Mapping[str, Sentence],
    ) -> None:
        self._shipped = shipped
        self._files: Mapping[str, str] = {}
        self._flaws = flaws
        self._words = words
        self._english = english

    def everything(self, files: Mapping[str, str], texts: Mapping[str, Mapping[str, Sentence]]) -> None:
        self._files = files
        for language, own in texts.items():
            self._language(language, own)
        for pack_id in pack_ids(files):
            pack = read_pack(pack_id, files_of(files, pack_id), self._flaws, folder=f"{pack_id}/")
            self._pack(pack)
        numbered = {name.split("/")[0] for name in files if name.partition("/")[2][:1].isdecimal()}
        for folder in sorted(numbered - set(pack_ids(files))):
            self._flaws.fix(f"{folder}/{SETTINGS}", 1, "pack-yaml-missing")

    # --- the bot's own sentences ---------------------------------------------------------------------------

    def _language(self, language: str, texts: Mapping[str, Sentence]) -> None:
        for key, text in texts.items():
            for form in text.forms.values():
                self._check_style(text.file, text.line, form, language)
            if text.is_plural:
                self._plural(key, text)
            self._facts(key, text)
        for key, english in self._english.items():
            if key not in texts:
                file = english.file.replace(".en.md", f".{language}.md")
                self._flaws.fix(file, 1, "translation-missing", what=key, language=language)

    def _plural(self, key: str, text: Sentence) -> None:
        wanted = set(text.locale.plural_form.tags)
        given = {form for form in text.forms if not form.startswith("=")} - {"other"}
        for form in sorted(wanted - given):
            self._flaws.look(text.file, text.line, "plural-form-missing", key=key, form=form)
        for form in sorted(given - wanted):
            self._flaws.look(text.file, text.line, "plural-form-unused", key=key, form=form)

    def _facts(self, key: str, text: Sentence) -> None:
        """Find facts that the shipped English text does not name, or here the English one: code gives no others."""
        english = self._english.get(key)
        if english is None:
            self._flaws.fix(text.file, text.line, "key-not-english", key=key)
            return
        known = set(facts_of(self._shipped.get(key, english)))
        if text.is_plural and "n" not in known:
            self._flaws.fix(
                text.file, text.line, "word-unknown", word="n", words=", ".join(sorted(known)) or "–"
            )
        for form in text.forms.values():
            self._braces(text.file, self._line_of(text, form, known), form, known)

    def _line_of(self, text: Sentence, form: str, known: Collection[str]) -> int:
        """Return the line of the first unknown fact of a form, or the line of its key."""
        lines = self._files[text.file].split("\n")
        for word in words_in(form):
            if word not in known:
                rest = enumerate(lines[text.line :], start=text.line + 1)
                return next((number for number, line in rest if f"{{{word}}}" in line), text.line)
        return text.line

    # --- packs ---------------------------------------------------------------------------------------------

    def _pack(self, pack: PackFiles) -> None:
        for language, title in pack.pack.titles:
            self._check_style(pack.settings.file, pack.settings.line("title"), title, language)
        for number, step in enumerate(pack.pack.steps):
            line = pack.settings.line("steps", number, "stage")
            if f"stage.{step.stage}" not in self._english:
                self._flaws.fix(pack.settings.file, line, "stage-unknown", stage=step.stage)
            following = pack.pack.steps[number + 1 : number + 2]
            if following and step.day + step.open_days > following[0].day:
                line = pack.settings.line("steps", number, "open_days")
                self._flaws.look(
                    pack.settings.file, line, "steps-overlap", step=step.key, next=following[0].key
                )
            for written in pack.written[number]:
                self._written(written, pack.words, is_challenge=step.is_challenge)

    def _written(self, written: Written, words: tuple[str, ...], *, is_challenge: bool) -> None:
        wording = written.wording
        for part, line, text in _parts(written):
            self._check_style(written.file, line, text, written.language)
            if part in {"lead", "body"}:
                self._braces(written.file, line, text, words)
            elif "{" in text or "}" in text:
                self._flaws.fix(written.file, line, "word-not-here", text=text)
        self._check_lead_facts(written)
        if len(wording.form) > LONGEST_TITLE:
            self._flaws.fix(written.file, written.line("form"), "title-too-long", longest=LONGEST_TITLE)
        if len(sentences(wording.principals)) > 1:
            self._flaws.look(written.file, written.line("principals"), "principals-too-long")
        self._before_the_question(written)
        self._inputs(written, most_needed=2 if is_challenge else 1)

    def _check_lead_facts(self, written: Written) -> None:
        """Find facts in the lead that may be unknown: a line with an unknown fact is left out, but never the lead."""
        for word in words_in(written.wording.lead):
            if word not in ALWAYS_KNOWN:
                self._flaws.fix(written.file, written.line("lead"), "word-may-vanish", word=word)

    def _before_the_question(self, written: Written) -> None:
        before = f"{written.wording.lead}\n\n{written.wording.body}"
        count = count_words(before)
        if count > MOST_WORDS_BEFORE_THE_QUESTION:
            most = MOST_WORDS_BEFORE_THE_QUESTION
            self._flaws.fix(written.file, written.line("lead"), "too-long", count=count, most=most)
        if before.count("?") > 1:
            self._flaws.fix(written.file, written.line("lead"), "two-asks")

    def _inputs(self, written: Written, most_needed: int) -> None:
        questions = written.wording.questions
        if len(questions) > MOST_INPUTS:
            line = written.line(questions[MOST_INPUTS].key)
            self._flaws.fix(written.file, line, "too-many-inputs", count=len(questions), most=MOST_INPUTS)
        needed = [question for question in questions if question.needed]
        if len(needed) > most_needed:
            line = written.line(needed[most_needed].key)
            self._flaws.fix(written.file, line, "too-many-needed", count=len(needed), most=most_needed)
        for question in questions:
            self._options(written, question)

    def _options(self, written: Written, question: Question) -> None:
        for option in question.options:
            if len(option.label) > LONGEST_OPTION:
                line = written.line(question.key)
                self._flaws.fix(
                    written.file, line, "option-too-long", label=option.label, longest=LONGEST_OPTION
                )

    # --- any text ------------------------------------------------------------------------------------------

    def _braces(self, file: str, line: int, text: str, known: set[str] | tuple[str, ...]) -> None:
        for word in words_in(text):
            if word not in known:
                words = ", ".join(sorted(known)) or "–"
                self._flaws.fix(file, line, "word-unknown", word=word, words=words)
        if stray_braces(text):
            self._flaws.fix(file, line, "brace-stray")

    def _check_style(self, file: str, line: int, text: str, language: str) -> None:
        words = self._words.get(language) or self._words.get(DEFAULT_LANGUAGE) or Words()
        for phrase in words.guilt_in(text):
            self._flaws.fix(file, line, "guilt", phrase=phrase)
        for sentence in sentences(text):
            count = count_words(sentence)
            if count > MOST_WORDS_IN_A_SENTENCE:
                start = " ".join(sentence.split()[:4])
                most = MOST_WORDS_IN_A_SENTENCE
                self._flaws.look(file, line, "long-sentence", start=start, count=count, most=most)


def _parts(written: Written) -> Iterator[tuple[str, int, str]]:
    """Return every text of a wording, with its part and its line."""
    wording = written.wording
    yield "form", written.line("form"), wording.form
    yield "principals", written.line("principals"), wording.principals
    yield "lead", written.line("lead"), wording.lead
    start = written.line("body")
    for number, text in enumerate(wording.body.split("\n")):
        yield "body", start + number, text
    for question in wording.questions:
        line = written.line(question.key)
        yield "label", line, question.label
        yield "hint", line, question.hint
        yield "example", line, question.example
        for option in question.options:
            yield "option", line, option.label
