"""The Markdown of content: headings as keys, facts in braces, and escaping of facts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt

from bot.events import BIDI_CONTROLS

# No HTML and no underlined headings: `##` is the only way to write a key.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["lheading", "html_block", "html_inline"])

_WORD = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BIDI = re.compile(f"[{BIDI_CONTROLS}]")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escape(text: str) -> str:
    """Return Markdown that shows exactly this text on one line: no marks, no HTML, no link.

    Every punctuation character gets a backslash. White space becomes one space, so that no fact begins a line.
    """
    one_line = " ".join(text.split())
    visible = "".join(sign for sign in one_line if unicodedata.category(sign) not in {"Cc", "Cs"})
    return _PUNCTUATION.sub(r"\\\1", visible)


def words_in(text: str) -> tuple[str, ...]:
    """Return the names of the facts in braces, in order, each once."""
    return tuple(dict.fromkeys(_WORD.findall(text)))


def stray_braces(text: str) -> bool:
    """Return whether a brace is left besides the facts: a slip such as `{Partner}` or `{partner`."""
    return any(brace in _WORD.sub("", text) for brace in "{}")


def put(text: str, facts: Mapping[str, str | int], *, md: bool) -> str:
    """Return the text with its facts put in, escaped if `md`; raises `KeyError` for a missing one."""

    def fact(match: re.Match[str]) -> str:
        value = _BIDI.sub("", str(facts[match[1]]))  # a name of an older roster may have them
        return escape(value) if md else value

    return _WORD.sub(fact, text)


def without_unknown(text: str, facts: Mapping[str, str]) -> str:
    """Return the text without the lines of which a fact is empty."""

    def is_known(line: str) -> bool:
        return all(facts[word].strip() for word in words_in(line))

    kept = "\n".join(line for line in text.split("\n") if is_known(line))
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it, up to the next heading of its level; lines are counted from 1."""

    key: str
    line: int
    text: str
    text_line: int
    """The first line of the text that is not blank."""


@lru_cache(maxsize=256)  # files of the content, which doctor, check and every start read
def sections(text: str, level: int, first_line: int = 1) -> tuple[str, tuple[Section, ...]]:
    """Return the text before the first heading of that level, and a section for each heading."""
    if level > 2 and "#" * level not in text:  # without parsing: most texts have no such heading
        return text, ()
    lines = text.split("\n")
    tokens = MARKDOWN.parse(text)
    found: list[tuple[int, int, str]] = []
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.tag == f"h{level}" and token.level == 0 and token.map:
            start, end = token.map
            found.append((start, end, inside.content.strip()))
    starts = [start for start, _, _ in found] + [len(lines)]
    before = "\n".join(lines[: starts[0]])
    return before, tuple(
        _section(key, first_line + start, lines[end:after], first_line + end)
        for (start, end, key), after in zip(found, starts[1:], strict=True)
    )


def _section(key: str, line: int, lines: list[str], first: int) -> Section:
    blank = next((number for number, each in enumerate(lines) if each.strip()), 0)
    return Section(key, line, "\n".join(lines).strip(), first + blank)


def is_plain(text: str) -> bool:
    """Return whether the text has no Markdown marks, so that it can be shown as plain text."""
    tokens = MARKDOWN.parseInline(text)[0].children or []
    return all(token.type in {"text", "softbreak"} for token in tokens)


@lru_cache(maxsize=4096)  # for texts of the content, each needed several times
def bare(text: str) -> str:
    """Return a Markdown text without its marks, with a blank line between blocks."""
    blocks: list[str] = []
    for token in MARKDOWN.parse(text):
        if token.type in {"inline", "fence", "code_block"}:
            children = token.children or [token]
            blocks.append("".join(_shown(child.type, child.content) for child in children))
    return "\n\n".join(blocks)


def _shown(kind: str, content: str) -> str:
    return "\n" if kind in {"softbreak", "hardbreak"} else content


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a Markdown text, roughly: parts that end in a stop, colon or semicolon."""
    found: list[str] = []
    for block in bare(text).split("\n\n"):
        found += re.split(r"(?<=[.!?…:;])\s+", " ".join(block.split()))
    return tuple(each for each in found if each)


def count_words(text: str) -> int:
    """Return the number of words of a Markdown text."""
    return len(re.findall(r"[\w{][\w’'{}-]*", bare(text)))


def find_phrases(phrases: Collection[str], text: str) -> tuple[str, ...]:
    """Return the phrases found in a text as they stand there: whole words, any case, white space and apostrophe."""
    if not phrases:
        return ()
    return tuple(dict.fromkeys(match[0] for match in _pattern(tuple(phrases)).finditer(text)))


@lru_cache(maxsize=64)  # a list of the content is looked for in every sentence
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    either = "|".join(r"\s+".join(map(_apostrophes, each.split())) for each in longest_first)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


def _apostrophes(word: str) -> str:
    return "['’]".join(map(re.escape, re.split("['’]", word)))
