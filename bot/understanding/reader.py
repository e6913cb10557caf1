"""Reading a typed text: rules first, then the likeliest intent."""

from __future__ import annotations

from bot.model import LEADERS_INTENTS, Intent, Role
from bot.prompts import Phrases
from bot.understanding.classifier import classifier
from bot.understanding.reading import Reading
from bot.understanding.situation import Open, Situation

_ENOUGH = 0.5
"""The likelihood from which an intent is acted on without asking."""


class Reader:
    """The reading of typed texts in one language; the first one of a language in a process learns the phrases."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    def prepare(self) -> None:
        """Learn the phrases now, so that the first text is read as quickly as the others."""
        classifier(self._phrases)

    def read(self, text: str, situation: Situation) -> Reading:
        """Return the likeliest intent of a text in a situation."""
        if not self._phrases.by_intent:
            return Reading(intent=Intent.ANSWER, certain=situation.question is not Open.NONE)
        model = classifier(self._phrases)
        hidden = frozenset[Intent]() if situation.roles - {Role.TEACHER} else LEADERS_INTENTS
        scores = {intent: score for intent, score in model.scores(text).items() if intent not in hidden}
        best, *rest = sorted(scores, key=lambda intent: -scores[intent])
        return Reading(
            intent=best,
            certain=scores[best] >= _ENOUGH,
            others=tuple(rest[:2]),
            because=model.nearest(text, best),
        )
