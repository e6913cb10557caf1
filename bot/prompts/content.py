"""The bot's own sentences, in `bot/` and `platforms/`: one section for each key, plural forms by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from babel import Locale, UnknownLocaleError

from bot.model import DEFAULT_LANGUAGE
from bot.prompts.flaws import Flaws
from bot.prompts.markdown import bare, sections, words_in

FILE = re.compile(r"(?:bot|platforms)/(?P<area>[a-z0-9_-]+)\.(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.md")
_KEY = re.compile(r"[a-z0-9][A-Za-z0-9 ._-]*")
_FORM = re.compile(r"=\d+|zero|one|two|few|many|other")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The text of one key in one language, or a text for each plural form."""

    file: str
    line: int
    locale: Locale
    forms: Mapping[str, str]
    """Texts by plural form (`=0`, `one`, `few`, `other`, …); a sentence without a number has `other` alone."""

    @property
    def is_plural(self) -> bool:
        """True if the fact `n` decides which form is used."""
        return len(self.forms) > 1

    def plain(self) -> Sentence:
        """Return the sentence without Markdown marks."""
        return replace(self, forms={form: bare(text) for form, text in self.forms.items()})

    def form(self, facts: Mapping[str, str | int]) -> str:
        """Return the form that fits the fact `n`, or the only one."""
        if not self.is_plural:
            return self.forms["other"]
        n = int(facts["n"])
        exact = self.forms.get(f"={n}")
        return exact or self.forms.get(self.locale.plural_form(n)) or self.forms["other"]


def locale_of(language: str) -> Locale:
    """Return the rules for dates, lists and plurals: British ones for English and for languages unknown to Babel."""
    if language != "en":
        for name in (language, language.partition("-")[0]):
            try:
                found = Locale.parse(name, sep="-")
            except (UnknownLocaleError, ValueError):
                continue
            if name != "en":
                return found
    return Locale("en", "GB")


def facts_of(sentence: Sentence) -> frozenset[str]:
    """Return the facts that a sentence names. Code gives a key all facts that its shipped English sentence names."""
    named = {word for form in sentence.forms.values() for word in words_in(form)}
    return frozenset(named | ({"n"} if sentence.is_plural else set()))


def read_texts(files: Mapping[str, str], flaws: Flaws) -> dict[str, dict[str, Sentence]]:
    """Return the sentences by language and key, the default language first."""
    texts: dict[str, dict[str, Sentence]] = {DEFAULT_LANGUAGE: {}}
    for file, content in sorted(files.items()):
        match = FILE.fullmatch(file)
        if match is None:
            if file.startswith(("bot/", "platforms/")):
                flaws.fix(file, 1, "file-name")
            continue
        _read_file(file, content, match["language"], texts.setdefault(match["language"], {}), flaws)
    return texts


def _read_file(file: str, content: str, language: str, into: dict[str, Sentence], flaws: Flaws) -> None:
    for section in sections(content, level=2)[1]:
        forms = _forms(file, section.text, section.text_line, flaws)
        if not _KEY.fullmatch(section.key):
            flaws.fix(file, section.line, "key-spelling", key=section.key)
        elif section.key in into:
            first = into[section.key]
            flaws.fix(
                file, section.line, "duplicate-key", key=section.key, first=f"{first.file}:{first.line}"
            )
        elif not section.text:
            flaws.fix(file, section.line, "empty-text", key=section.key)
        elif "other" not in forms:
            flaws.fix(file, section.line, "plural-without-other", key=section.key)
        else:
            into[section.key] = Sentence(file, section.line, locale_of(language), forms)


def _forms(file: str, text: str, line: int, flaws: Flaws) -> dict[str, str]:
    before, plurals = sections(text, level=3, first_line=line)
    if not plurals:
        return {"other": text}
    if before.strip():
        flaws.fix(file, line, "text-before-plural")
    forms: dict[str, str] = {}
    for plural in plurals:
        if not _FORM.fullmatch(plural.key):
            flaws.fix(file, plural.line, "plural-unknown", form=plural.key)
        elif plural.key in forms:
            flaws.fix(file, plural.line, "duplicate-key", key=plural.key, first=f"{file}:{line}")
        elif not plural.text:
            flaws.fix(file, plural.line, "empty-text", key=plural.key)
        else:
            forms[plural.key] = plural.text
    return forms
