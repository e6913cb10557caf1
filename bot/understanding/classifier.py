"""A linear classifier of texts, learnt from the phrases of the content."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bot.model import LEADERS_INTENTS, Intent
from bot.prompts import Phrases
from bot.understanding.features import WordLists
from bot.understanding.learning import learnt_from
from bot.understanding.normalise import bare
from bot.understanding.vectors import Vectors, blocks_of


class Classifier:
    """The score of each intent: a support vector machine and naive Bayes over runs of letters and words."""

    def __init__(self, phrases: Phrases) -> None:
        learnt = learnt_from(phrases)
        self.lists = WordLists(phrases)
        self._phrases = phrases.by_intent
        self._exact = {
            bare(phrase): intent
            for intent in reversed(Intent)
            for phrase in reversed(phrases.by_intent.get(intent, ()))
        }
        self._vectors = Vectors(learnt.features, learnt.rarities.tolist())
        self._weights, self._start = learnt.weights, learnt.starts
        self._intents = tuple(map(Intent, learnt.intents))

    def exact(self, text: str, *, for_leaders: bool = False) -> Intent | None:
        """Return the intent of a phrase that says the same but for case and signs.

        A teacher's text has a leader's intent only where it asks who has replied.
        """
        intent = self._exact.get(bare(text)) if bare(text) else None
        is_for_all = intent is Intent.WHO_REPLIED or intent not in LEADERS_INTENTS
        return intent if for_leaders or is_for_all else None

    def knows(self, text: str) -> bool:
        """Return True if at least half of the words of a text are words of several phrases."""
        return self._vectors.knows_half(blocks_of(text, self.lists))

    def scores(self, text: str, *, for_leaders: bool = False) -> dict[Intent, float]:
        """Return the score of each intent, the highest first; a difference of 1 is much."""
        numbers, values = self._vectors.of(blocks_of(text, self.lists))
        scores = self._start + np.array(values, np.float32) @ self._weights[numbers]
        order = [(self._intents[number], float(scores[number])) for number in scores.argsort()[::-1]]
        return {intent: score for intent, score in order if for_leaders or intent not in LEADERS_INTENTS}

    def nearest(self, text: str, intent: Intent) -> str:
        """Return the phrase of an intent that is most like a text; it is looked for among all, so it takes long."""
        own = dict(zip(*self._vectors.of(blocks_of(text, self.lists)), strict=True))

        def likeness(phrase: str) -> float:
            numbers, weights = self._vectors.of(blocks_of(phrase, self.lists))
            return sum(own.get(number, 0.0) * weight for number, weight in zip(numbers, weights, strict=True))

        return max(self._phrases.get(intent, ("",)), key=likeness)


@lru_cache(maxsize=4)
def classifier(phrases: Phrases) -> Classifier:
    """Return the classifier of these phrases; it is made once a process."""
    return Classifier(phrases)
