"""The bot's Markdown as a small tree of paragraphs and lists without marks, for the renderers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from markdown_it.tree import SyntaxTreeNode

from adapters.chat.texts import pieces, units
from bot.prompts.markdown import MARKDOWN

_SAFE_LINK = re.compile(r"(https?://|mailto:|tel:).{1,1000}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """Literal text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `start` is the first number, or None for bullets."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


Block: TypeAlias = Paragraph | Listing


def parse(md: str) -> tuple[Block, ...]:
    """Return the blocks of the text; headings, rules and HTML, which messages do not have, become paragraphs."""
    return tuple(_blocks(SyntaxTreeNode(MARKDOWN.parse(md)).children))


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "bullet_list" | "ordered_list":
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
                yield Listing(tuple(tuple(_blocks(item.children)) for item in node.children), start)
            case "blockquote":
                yield from _blocks(node.children)
            case "fence" | "code_block":
                yield Paragraph((Run(node.content.rstrip("\n"), code=True),))
            case "heading":
                yield Paragraph(tuple(_runs(node.children, Run("", bold=True))))
            case _:
                runs = tuple(_runs(node.children, Run("")))
                if runs:
                    yield Paragraph(runs)


def _runs(nodes: Iterable[SyntaxTreeNode], style: Run) -> Iterator[Run]:
    for node in nodes:
        match node.type:
            case "inline":
                yield from _runs(node.children, style)
            case "strong":
                yield from _runs(node.children, replace(style, bold=True))
            case "em":
                yield from _runs(node.children, replace(style, italic=True))
            case "link":
                href = str(node.attrs.get("href", ""))
                yield from _runs(
                    node.children, replace(style, href=href if _SAFE_LINK.fullmatch(href) else "")
                )
            case "code_inline":
                yield replace(style, text=node.content, code=True)
            case "softbreak":
                yield replace(style, text=" ")
            case "hardbreak":
                yield replace(style, text="\n")
            case _:
                if node.content:
                    yield replace(style, text=node.content)


def flat(blocks: Sequence[Block], bullet: str = "•", indent: str = "") -> tuple[Run, ...]:
    """Return the runs of all blocks, with line ends, bullets and numbers written out."""
    runs: list[Run] = []
    for block in blocks:
        if runs:
            runs.append(Run("\n" if isinstance(block, Listing) else "\n\n"))
        match block:
            case Paragraph():
                runs += block.runs
            case Listing(items, start):
                for number, item in enumerate(items):
                    mark = bullet if start is None else f"{start + number}."
                    runs.append(Run(("\n" if number else "") + f"{indent}{mark} "))
                    runs += flat(item, bullet, indent + "    ")
    return tuple(runs)


def plain_text(runs: Iterable[Run]) -> str:
    """Return the runs as plain text; a link's address follows its label."""
    return "".join(
        f"{run.text} ({run.href})" if run.href and run.href != run.text else run.text for run in runs
    )


def split(runs: Iterable[Run], limit: int, size: Callable[[Run], int]) -> Iterator[tuple[Run, ...]]:
    """Split the runs, between words, into parts whose sizes add up to at most `limit`."""
    part: list[Run] = []
    used = 0
    for run in runs:
        for piece in _fitting(run, limit, size):
            if part and used + size(piece) > limit:
                yield tuple(part)
                part, used = [], 0
            part.append(piece)
            used += size(piece)
    if part:
        yield tuple(part)


def _fitting(run: Run, limit: int, size: Callable[[Run], int]) -> Iterator[Run]:
    """Yield the run whole where it fits into one part, else in smaller pieces."""
    if size(run) <= limit or len(run.text) <= 2:
        yield run
    else:
        for piece in pieces(run.text, max(2, units(run.text) // 2)):
            yield from _fitting(replace(run, text=piece), limit, size)
