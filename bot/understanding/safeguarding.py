"""Finding worries about a child in any text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from bot.model import Intent
from bot.prompts import Phrases
from bot.understanding.classifier import Classifier, classifier
from bot.understanding.normalise import normalise

_FOUND_NEAR_HARM, _FOUND = 0.5, 1.4
_ASK_NEAR_BOTH, _ASK_NEAR_ONE, _ASK = -0.7, -0.1, 0.1
"""Leads of the score over that of the likeliest other intent. A text near a word of harm needs less to be sure, and one
near harm or a child, or near both, less to be asked about. Of 100 ordinary answers about 2 are asked about."""


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
    touched = set(model.lists.touched(normalise(text)))
    is_near_harm, is_near_child = "harm" in touched, bool({"children", "family"} & touched)
    if lead >= (_FOUND_NEAR_HARM if is_near_harm else _FOUND):
        return Worry.FOUND
    if is_near_harm and is_near_child:
        return Worry.ASK if lead >= _ASK_NEAR_BOTH else Worry.NO
    return Worry.ASK if lead >= (_ASK_NEAR_ONE if is_near_harm or is_near_child else _ASK) else Worry.NO
