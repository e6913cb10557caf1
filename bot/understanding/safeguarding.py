"""Finding worries about a child in any text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from bot.model import Intent
from bot.prompts import Phrases
from bot.understanding.classifier import Classifier, classifier
from bot.understanding.normalise import normalise

_FOUND = 0.5
_ASK_NEAR_HARM = -0.8
_ASK = -0.35
"""Leads of the score over that of the likeliest other intent; near a word of harm and a child, less will do to ask."""


class Worry(Enum):
    """How sure it is that a text is about a child's safety."""

    NO = auto()
    ASK = auto()
    FOUND = auto()


def worry_in(text: str, phrases: Phrases) -> Worry:
    """Return how sure it is that a text tells of a child who may be harmed; asked first, of every free text."""
    if not text.strip() or Intent.SAFEGUARDING not in phrases.by_intent:
        return Worry.NO
    model = classifier(phrases)
    return worry_of(text, model, model.scores(text))


def worry_of(text: str, model: Classifier, scores: Mapping[Intent, float]) -> Worry:
    """Return the same from scores that are known."""
    lead = scores[Intent.SAFEGUARDING] - max(
        score for intent, score in scores.items() if intent is not Intent.SAFEGUARDING
    )
    if lead >= _FOUND:
        return Worry.FOUND
    is_near_harm = {"harm", "children"} <= set(model.lists.touched(normalise(text)))
    return Worry.ASK if lead >= (_ASK_NEAR_HARM if is_near_harm else _ASK) else Worry.NO
