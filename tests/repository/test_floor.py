"""The least group that figures may be about is one number: `FLOOR` in the code, a fact in every sentence."""

import re
from collections.abc import Iterator
from pathlib import Path

from bot.rules.privacy import FLOOR, QUOTE_FLOOR
from tests.support.places import PROMPTS, ROOT

BY_HAND = re.compile(
    r"\b(?:five|5)\s+(?:people|members|participants)\b|\bfewer\s+than\s+(?:five|5)\b", re.IGNORECASE
)
LEAST_GROUP = re.compile(
    r"\b(?:fewer|less)\s+than\s+(?P<below>\w+)\s+people\b"
    r"|\bat\s+least\s+(?P<least>\w+)\s+people\b"
    r"|\b(?P<more>\w+)\s+people\s+or\s+more\b"
    r"|\bfloor\s+is\s+(?P<named>\w+)\b",
    re.IGNORECASE,
)
"""A sentence of a document that says how large a group has to be."""


def documents() -> Iterator[Path]:
    yield ROOT / "README.md"
    yield from (ROOT / "docs").rglob("*.md")


def test_no_sentence_of_the_content_writes_the_floor_by_hand() -> None:
    files = [*PROMPTS.rglob("*.md"), *PROMPTS.rglob("*.yaml")]

    found = [
        f"{file.name}: {match[0]}" for file in files for match in BY_HAND.finditer(file.read_text("utf-8"))
    ]

    assert files
    assert not found


def test_every_document_names_the_numbers_that_the_code_uses() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in documents()
        for match in LEAST_GROUP.finditer(file.read_text("utf-8"))
        if next(filter(None, match.groups())) not in {str(FLOOR), str(QUOTE_FLOOR)}
    ]

    assert not found, "write the number of `bot/rules/privacy.py` in digits"
