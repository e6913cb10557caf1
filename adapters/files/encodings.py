"""Detection of a text file's encoding by its first bytes."""

from __future__ import annotations

MARKS = (b"\xff\xfe", b"\xfe\xff")
SAMPLE = 4_096
MANY_TIMES = 8
"""How much more often the empty byte of a letter comes than that of a sign such as Ā, whose other byte is empty."""


def encoding_of(content: bytes) -> str:
    """Return utf-16, utf-16-le or utf-16-be for what is written so, with or without a mark; else utf-8-sig."""
    if content.startswith(MARKS):
        return "utf-16"
    start = content[:SAMPLE]
    first, second = start[::2].count(0), start[1::2].count(0)
    if max(first, second) * 4 <= len(start):
        return "utf-8-sig"
    if second > MANY_TIMES * first:
        return "utf-16-le"
    return "utf-16-be" if first > MANY_TIMES * second else "utf-8-sig"
