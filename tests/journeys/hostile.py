"""Two hundred texts that a person may send by accident or on purpose, and what a reply must not make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from markdown_it import MarkdownIt

from bot.events import Said, readable
from bot.message import FieldErrors, Form, Inputs, Message, Quote, Replacement, Reply, Text

_BY_KIND: dict[str, list[str]] = json.loads(Path(__file__).with_name("hostile.json").read_text("ascii"))
_LONG = [
    "x" * 40_000,
    "word " * 8_000,
    "\u00e9" * 100_000,
    "y" * 121,
    "z" * 501,
    "a\nb" * 14_000,
    f"swap{' ' * 39_000}x",
    "and " * 10_000,
    "\U0001f4a5" * 2_001,
    "a\u0301" * 300,
]
_MIXED = [
    f"{a} {b}" for a, b in product(("<!channel>", "{partner}", "' --"), ("**x**", "\x00", "\U0001f642", "%s"))
]

TEXTS = tuple(dict.fromkeys((*(text for texts in _BY_KIND.values() for text in texts), *_LONG, *_MIXED)))
SOME = (*_BY_KIND["unseen"], *TEXTS[::7])
"""The texts for PostgreSQL: those that a database may refuse, and a seventh of the others."""

_MARKDOWN_AND_HTML = MarkdownIt("commonmark", {"html": True})
_BLOCKS = {"paragraph", "bullet_list", "list_item", "strong", "em"}
_OURS = {"inline", "text", "softbreak", *(f"{block}_{end}" for block in _BLOCKS for end in ("open", "close"))}


def kept(text: str) -> str:
    """Return the text as it is stored."""
    read = readable(Said(text))
    assert isinstance(read, Said)
    return read.text.strip()


def texts_of(reply: Reply | None) -> Iterator[str]:
    """Yield all Markdown of a reply."""
    match reply:
        case Form() | FieldErrors():
            yield (reply.form if isinstance(reply, FieldErrors) else reply).intro
        case Replacement(message) | (Message() as message):
            for element in message.elements:
                if isinstance(element, Text):
                    yield element.md
                elif isinstance(element, Inputs):
                    yield element.form.intro
        case None:
            return


def quotes_of(reply: Reply | None) -> list[str]:
    """Return what is quoted in a reply."""
    message = reply.message if isinstance(reply, Replacement) else reply
    return (
        [each.text for each in message.elements if isinstance(each, Quote)]
        if isinstance(message, Message)
        else []
    )


def strange_marks(reply: Reply | None) -> set[str]:
    """Return the kinds of Markdown or HTML that the bot's own sentences never use: a link, a tag, a heading."""
    found = set()
    for md in texts_of(reply):
        for token in _MARKDOWN_AND_HTML.parse(md):
            found |= {token.type, *(child.type for child in token.children or ())}
    return found - _OURS
