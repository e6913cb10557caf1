"""Making texts alike that mean the same: signs, case, contractions and drawn-out letters."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "\N{ACUTE ACCENT}": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": " "}
)
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SIGNS = re.compile(r"([!?.])\1+")


def normalise(text: str) -> str:
    """Return a text in one spelling of its signs and letters."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    text = _SIGNS.sub(r"\1", _DRAWN_OUT.sub(r"\1\1", text))
    return " ".join(text.split())


def bare(text: str) -> str:
    """Return a normalised text without signs."""
    return " ".join(re.findall(r"[\w']+", normalise(text)))
