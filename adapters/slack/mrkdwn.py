"""Text objects: the bot's Markdown as Slack's mrkdwn, or plain text where the text itself holds a mark of mrkdwn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from adapters.chat.markdown import Run, flat, parse, plain_text, split
from adapters.chat.texts import cut, pieces, units

_MARKS = re.compile(r"[*_~`>]|:[\w'+-]+:")
"""The marks of mrkdwn that cannot be escaped: formats, emoji names, quotes."""
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_BOUNDARY = "\u200b"
"""An invisible character between a mark and a letter: Slack reads marks only beside a space or a sign."""
_BEGINS_CLOSE, _ENDS_CLOSE = re.compile(r"[\w*_`<]"), re.compile(r"[\w*_`>]\Z")
_MARKUP = 16
"""The characters left for a run's marks and boundaries."""


def plain(text: str, limit: int) -> dict[str, Any]:
    """Return a text object in which Slack reads no marks. Slack refuses an empty one."""
    return {"type": "plain_text", "text": cut(text, limit) if text.strip() else "–", "emoji": False}


@lru_cache(maxsize=512)  # the bot's own sentences recur; text that people typed never comes here
def texts(md: str, limit: int) -> tuple[dict[str, Any], ...]:
    """Return the Markdown in as many text objects as it takes."""
    return _texts(flat(parse(md)), limit)


def field(label: str, value: str, limit: int) -> dict[str, Any]:
    """Return a bold label above its value."""
    runs = (Run(" ".join(label.split()), bold=True), Run(f"\n{value}"))
    parts = _texts(runs, limit)
    return parts[0] if len(parts) == 1 else plain(plain_text(runs), limit)


def escape(text: str) -> str:
    """Escape control sequences, so that the text holds no mention and no link."""
    return text.translate(_ENTITIES)


def _texts(runs: Sequence[Run], limit: int) -> tuple[dict[str, Any], ...]:
    if _MARKS.search("".join(run.text for run in runs)):
        return tuple(plain(piece, limit) for piece in pieces(plain_text(runs), limit) if piece.strip())
    parts = (_joined(part) for part in split(runs, limit, _size))
    # Verbatim: Slack makes no links of text that looks like a link, a channel or a name.
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
    """Return the run's text between its marks; white space stays outside, because Slack reads no mark beside it."""
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
