"""Long texts, counted as platforms count them, split or cut."""

from __future__ import annotations

import re

MORE = "…"
"""The sign, in every language, that there is more."""


def units(text: str) -> int:
    """Return the length in UTF-16 code units, as the strictest platform counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Return the text within `limit` units; a longer text is cut after a word and ends in `…`."""
    if units(text) <= limit:
        return text
    head = _prefix(text, limit - 1)
    if not text[len(head)].isspace():
        head = re.sub(r"(?<=\S)\s+\S*\Z", "", head)
    return head.rstrip() + MORE


def pieces(text: str, limit: int) -> tuple[str, ...]:
    """Split the text after lines or words into pieces of at most `limit` units; joined, they are the text."""
    found: list[str] = []
    while units(text) > limit:
        head = _prefix(text, limit)
        line = head.rfind("\n") + 1
        word = max(head.rfind(" "), head.rfind("\t")) + 1
        end = line if line > len(head) // 2 else max(line, word) or len(head)
        found.append(text[:end])
        text = text[end:]
    return (*found, text)


def _prefix(text: str, limit: int) -> str:
    """Return the longest beginning of at most `limit` units that ends with a whole character."""
    return (
        text[:limit] if text.isascii() else _decoded(text.encode("utf-16-le", "surrogatepass")[: 2 * limit])
    )


def _decoded(half: bytes) -> str:
    last = int.from_bytes(half[-2:], "little")
    whole = half[:-2] if 0xD800 <= last < 0xDC00 else half
    return whole.decode("utf-16-le", "surrogatepass")
