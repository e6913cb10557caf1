"""A made-up language: every text from content is accented and in ⟦brackets⟧, so that text written in code shows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping

from bot.prompts import Prompts, Voice
from bot.prompts.content import Sentence

LANGUAGE = "en-XA"

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "áƀçðéƒĝĥíĵķļɱñóþǫŕšţúṽŵẋýžÁƁÇÐÉƑĜĤÍĴĶĻṀÑÓÞǪŔŠŢÚṼŴẊÝŽ"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
# Kept as they are: words in braces, code, and where links lead.
_KEPT = re.compile(r"(\{[a-z_0-9]+\}|`[^`]*`|\]\([^)]*\))")
# What Markdown and the packs read at the start of a line, and around a bold lead.
_MARKS = re.compile(
    r"(?P<before>\s*(?:[-*] (?:[a-z0-9_-]+: )?|\d+[.)] |> ?(?:example: )?)?(?:\*\*(?=[^*]*\*\*$))?)"
    r"(?P<text>.*?)(?P<after>\**)$"
)


def pseudo(prompts: Prompts) -> Prompts:
    """Return the content with the language `en-XA` added."""
    files = dict(prompts.files)
    for name, text in prompts.files.items():
        if name.endswith(".en.md"):
            files[name.removesuffix("en.md") + f"{LANGUAGE}.md"] = pseudo_markdown(text)
        elif name.endswith("/pack.yaml"):
            files[name] = _pseudo_pack(text)
    return _PseudoPrompts(files)


def pseudo_text(text: str) -> str:
    """Return the text accented and in brackets."""
    parts = _KEPT.split(text)
    return "⟦" + "".join(part if _KEPT.fullmatch(part) else part.translate(_ACCENTS) for part in parts) + "⟧"


def pseudo_markdown(text: str) -> str:
    """Return a content file with every line of text accented, and its headings and marks as they were."""
    front, rest = ("", text)
    if match := re.match(r"\A---\n.*?^---\n", text, re.DOTALL | re.MULTILINE):
        front, rest = re.sub(r"^(\w+): (.*)$", _setting, match[0], flags=re.MULTILINE), text[match.end() :]
    return front + "\n".join(_pseudo_line(line) for line in rest.split("\n"))


def unwrapped(text: str, allowed: Collection[str] = ()) -> list[str]:
    """Return the text outside all brackets, without the allowed: names, and what people wrote themselves."""
    for known in sorted(allowed, key=len, reverse=True):
        text = text.replace(known, " ")
    depth, outside = 0, []
    for sign in text:
        depth += {"⟦": 1, "⟧": -1}.get(sign, 0)
        outside.append(sign if depth == 0 else " ")
    return re.findall(r"[^\W\d_]+", "".join(outside))


def _setting(match: re.Match[str]) -> str:
    # A form's title has 24 characters: the brackets must fit in.
    return f"{match[1]}: {pseudo_text(match[2][:22] if match[1] == 'form' else match[2])}"


def _pseudo_line(line: str) -> str:
    match = _MARKS.fullmatch(line)
    if line.startswith("#") or not line.strip() or match is None or not match["text"].strip():
        return line
    return match["before"] + pseudo_text(match["text"]) + match["after"]


def _pseudo_pack(text: str) -> str:
    text = re.sub(r"^languages: \[(.*)\]$", rf"languages: [\1, {LANGUAGE}]", text, flags=re.MULTILINE)
    return re.sub(
        r"^  en: (.*)$",
        lambda match: f"{match[0]}\n  {LANGUAGE}: {pseudo_text(match[1])}",
        text,
        flags=re.MULTILINE,
    )


class _PseudoPrompts(Prompts):
    """Content with the language `en-XA`, whose dates and lists are in brackets too."""

    def _made(self, language: str, texts: Mapping[str, Sentence]) -> Voice:
        return _PseudoVoice(language, texts) if language == LANGUAGE else super()._made(language, texts)


class _PseudoVoice(Voice):
    def weekday(self, day: dt.date) -> str:
        return pseudo_text(super().weekday(day))

    def day_and_month(self, day: dt.date) -> str:
        return pseudo_text(super().day_and_month(day))

    def month(self, day: dt.date) -> str:
        return pseudo_text(super().month(day))

    def listing(self, items: Iterable[str]) -> str:
        return f"⟦{super().listing(items)}⟧"
