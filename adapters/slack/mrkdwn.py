"""Text objects: our Markdown as Slack's mrkdwn, and plain text wherever the words themselves hold one of its marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from adapters.chat.markdown import Run, flat, parse, split, words
from adapters.chat.texts import cut, pieces, units

_MARKS = re.compile(r"[*_~`>]|:[\w'+-]+:")
"""What mrkdwn reads in plain words, and has no escape for: formats, emoji names, a quote at a line's start."""
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_BOUNDARY = "\u200b"
"""Marks count beside a space or a sign only; within a word this invisible one stands between."""
_BEGINS_CLOSE, _ENDS_CLOSE = re.compile(r"[\w*_`<]"), re.compile(r"[\w*_`>]\Z")
_MARKUP = 16
"""Room for a run's marks and boundaries."""


def plain(text: str, limit: int) -> dict[str, Any]:
    """A text that nothing is read in. Slack refuses an empty one."""
    return {"type": "plain_text", "text": cut(text, limit) if text.strip() else "–", "emoji": False}


@lru_cache(maxsize=512)  # most of what is said is said again; people's own words never come here
def texts(md: str, limit: int) -> tuple[dict[str, Any], ...]:
    """Our Markdown as as many text objects as it takes."""
    return _texts(flat(parse(md)), limit)


def field(label: str, value: str, limit: int) -> dict[str, Any]:
    """A label in bold over its value."""
    runs = (Run(" ".join(label.split()), bold=True), Run(f"\n{value}"))
    parts = _texts(runs, limit)
    return parts[0] if len(parts) == 1 else plain(words(runs), limit)


def escape(text: str) -> str:
    """Words without control sequences: no mention, no link."""
    return text.translate(_ENTITIES)


def _texts(runs: Sequence[Run], limit: int) -> tuple[dict[str, Any], ...]:
    if _MARKS.search("".join(run.text for run in runs)):
        return tuple(plain(piece, limit) for piece in pieces(words(runs), limit) if piece.strip())
    parts = (_joined(part) for part in split(runs, limit, _size))
    # Verbatim: what merely looks like a link, a channel or a name stays words.
    return tuple({"type": "mrkdwn", "text": text, "verbatim": True} for text in parts if text.strip())


def _size(run: Run) -> int:
    return units(escape(run.text)) + len(escape(run.href)) + _MARKUP


def _joined(runs: Sequence[Run]) -> str:
    written = ""
    for before, run in pairwise([Run(""), *runs]):
        marked = _marked(run)
        if (
            (_is_styled(before) or _is_styled(run))
            and _ENDS_CLOSE.search(written)
            and _BEGINS_CLOSE.match(marked)
        ):
            written += _BOUNDARY
        written += marked
    return written.strip("\n")


def _is_styled(run: Run) -> bool:
    return run.bold or run.italic or run.code or bool(run.href)


def _marked(run: Run) -> str:
    """The run's words between its marks; white space stays outside, where marks still count."""
    core = run.text.strip()
    if not core:
        return run.text
    start, _, end = run.text.partition(core)
    text = escape(core)
    if run.code:
        text = f"`{text}`"
    if run.italic:
        text = f"_{text}_"
    if run.bold:
        text = f"*{text}*"
    if run.href:
        text = f"<{escape(run.href)}|{text}>"
    return f"{start}{text}{end}"
