"""Finding worries about a child in any text."""

from __future__ import annotations

from enum import Enum, auto

from bot.model import Intent
from bot.prompts import Phrases
from bot.understanding.classifier import classifier


class Worry(Enum):
    """How sure it is that a text is about a child's safety."""

    NO = auto()
    ASK = auto()
    FOUND = auto()


def worry_in(text: str, phrases: Phrases) -> Worry:
    """Return whether a text tells of a child who may be harmed; asked first, of every free text."""
    if not text.strip() or not phrases.by_intent:
        return Worry.NO
    score = classifier(phrases).scores(text).get(Intent.SAFEGUARDING, 0.0)
    if score >= 0.5:
        return Worry.FOUND
    return Worry.ASK if score >= 0.15 else Worry.NO
