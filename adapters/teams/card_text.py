"""Words in a card: our Markdown as a TextBlock, and text runs, which nobody parses, wherever words hold a mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from adapters.chat.markdown import Block, Run, flat, parse
from adapters.chat.texts import cut

Json: TypeAlias = dict[str, Any]

TEXT = 4_000
"""The longest text of ours in one element, in UTF-16 units."""

_MARKS = re.compile(r"[*_`\[\]{}<>&\\~#|]|://|www\.|^\s*([-+]|\d+[.)])\s", re.MULTILINE)
"""What a TextBlock may read on one of Teams' clients: marks, entities, links, lists, `{{DATE(…)}}`."""


def markdown(md: str, *, small: bool = False) -> list[Json]:
    """Our Markdown, an element a paragraph or list."""
    return [_block(block, small=small) for block in parse(md)]


def words(text: str, *, small: bool = False, **style: str) -> Json:
    """Plain words, by themselves."""
    text = cut(text, TEXT)
    if _MARKS.search(text):
        return runs((Run(text),), small=small, **style)
    return {"type": "TextBlock", "text": text, "wrap": True, **_small(small=small), **style}


def runs(these: Sequence[Run], *, small: bool = False, **style: str) -> Json:
    """Words that no client parses."""
    style.pop("style", None)  # a heading is one in a TextBlock only
    inlines = [{**_run(run), **_small(small=small), **style} for run in these]
    return {"type": "RichTextBlock", "inlines": inlines}


def _block(block: Block, *, small: bool) -> Json:
    literal = flat((block,))
    if any(run.code for run in literal) or _MARKS.search("".join(run.text for run in literal)):
        return runs(literal, small=small)
    text = cut("".join(map(_marked, flat((block,), bullet="-"))), TEXT)
    return {"type": "TextBlock", "text": text, "wrap": True, **_small(small=small)}


def _small(*, small: bool) -> Json:
    return {"isSubtle": True, "size": "Small"} if small else {}


def _run(run: Run) -> Json:
    return {
        "type": "TextRun",
        "text": cut(run.text, TEXT),
        **({"weight": "Bolder"} if run.bold else {}),
        **({"italic": True} if run.italic else {}),
        **({"fontType": "Monospace"} if run.code else {}),
        **({"selectAction": {"type": "Action.OpenUrl", "url": run.href}} if run.href else {}),
    }


def _marked(run: Run) -> str:
    core = run.text.strip()
    if not core:
        return run.text
    start, _, end = run.text.partition(core)
    text = f"_{core}_" if run.italic else core
    text = f"**{text}**" if run.bold else text
    text = f"[{text}]({run.href})" if run.href else text
    return f"{start}{text}{end}"
