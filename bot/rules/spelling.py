"""Spelling of names and ids: what is the same to a reader, and characters that nobody sees."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'\u2019\u2018\u02bc\u00b4`\u2032\uff07"))
_DASHES = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_"), " ")
_QUOTES = ' \t\n"\u201c\u201d\u201e\u00ab\u00bb'
DASH = "[-\u2010-\u2015\u2212]"
"""A pattern for a hyphen, or for what phones make of one."""
_STOPS = re.compile(r"(?<!\d)\.|\.(?!\d)")
_LEADING_ZEROS = re.compile(r"\b0+(?=\d)")
_JOINERS = "\u200c\u200d"
_UNSEEN_BESIDE_FORMAT = frozenset(
    {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)}
)
"""Characters that Unicode calls ignorable, and that are of no format category: variation selectors and fillers."""


def folded(text: str) -> str:
    """Return a name or id for comparing: `St. John’s` is `st johns`, `007` is `7`; addresses lose their case."""
    plain = unicodedata.normalize("NFKC", without_unseen(text)).casefold()
    if "@" in plain:
        return plain.strip()
    plain = _STOPS.sub("", plain.translate(_APOSTROPHES))
    plain = plain.translate(_DASHES).replace("&", " and ")
    return _LEADING_ZEROS.sub("", " ".join(plain.split()))


def without_quotes(text: str) -> str:
    """Return what was typed without quotation marks around it, which phones and Word turn into `“…”`."""
    return text.strip(_QUOTES)


def typed_name(text: str) -> str:
    """Return a name that a person typed, for comparing with `folded` names: `“Ann O’Neil”` is `ann oneil`."""
    return folded(without_quotes(text))


def slug(name: str) -> str:
    """Return the id of something that has none of its own: `Ysgol Bryn Derw` is `ysgol-bryn-derw`."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_name.lower())) or name.casefold().replace(" ", "-")


def without_unseen(text: str, *, joiners: bool = False) -> str:
    """Return the text without characters that nobody sees; `joiners` keeps those between two letters of a name."""
    if text.isascii():
        return text
    return "".join(
        sign
        for at, sign in enumerate(text)
        if not _is_unseen(sign) or (joiners and sign in _JOINERS and _is_between_letters(text, at))
    )


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or ord(sign) in _UNSEEN_BESIDE_FORMAT


def _is_between_letters(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return all(sign and unicodedata.category(sign)[0] in "LM" for sign in (before, after))
