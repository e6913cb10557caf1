"""Text in a card: a TextBlock, or text runs, which no client parses, where the text itself holds a mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from adapters.chat.markdown import Block, Run, flat, parse
from adapters.chat.texts import cut

Json: TypeAlias = dict[str, Any]

TEXT = 4_000
"""The longest text of one element, in UTF-16 units."""

_MARKS = re.compile(r"[*_`\[\]{}<>&\\~#|]|://|www\.|^\s*([-+]|\d+[.)])\s", re.MULTILINE)
"""Everything that one of Teams' clients parses in a TextBlock: marks, entities, links, lists, `{{DATE(…)}}`."""


def markdown(md: str, *, small: bool = False) -> list[Json]:
    """Return one element for each paragraph or list of the Markdown."""
    return [_block(block, small=small) for block in parse(md)]


def plain(text: str, *, small: bool = False, **style: str) -> Json:
    """Return plain text as one element."""
    text = cut(text, TEXT)
    if _MARKS.search(text):
        return literal((Run(text),), small=small, **style)
    return {"type": "TextBlock", "text": text, "wrap": True, **_small(small=small), **style}


def literal(runs: Sequence[Run], *, small: bool = False, **style: str) -> Json:
    """Return runs as one element that no client parses."""
    style.pop("style", None)  # only a TextBlock can be a heading
    inlines = [{**_run(run), **_small(small=small), **style} for run in runs]
    return {"type": "RichTextBlock", "inlines": inlines}


def _block(block: Block, *, small: bool) -> Json:
    runs = flat((block,))
    if any(run.code for run in runs) or _MARKS.search("".join(run.text for run in runs)):
        return literal(runs, small=small)
    text = cut("".join(map(_marked, flat((block,), bullet="-"))), TEXT)
    return {"type": "TextBlock", "text": text, "wrap": True, **_small(small=small)}


def without_functions(text: str) -> str:
    """Break up `{{DATE(…)}}` by a sign that nobody sees: Microsoft's renderer expands it in text runs, too."""
    return re.sub(r"\{(?=\{)", "{\u200b", text)


def _small(*, small: bool) -> Json:
    return {"isSubtle": True, "size": "Small"} if small else {}


def _run(run: Run) -> Json:
    return {
        "type": "TextRun",
        "text": cut(without_functions(run.text), TEXT),
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
