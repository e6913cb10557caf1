"""A linear classifier of texts, learnt from the phrases of the content."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.model import LEADERS_INTENTS, Intent
from bot.prompts import Phrases
from bot.understanding.features import WordLists
from bot.understanding.normalise import bare
from bot.understanding.vectors import Vectors

_BAYES = 0.05
"""The weight of the log-likelihoods of naive Bayes beside the margins of the support vector machine."""


class Classifier:
    """The score of each intent: a support vector machine and naive Bayes over runs of letters and words."""

    def __init__(self, phrases: Phrases) -> None:
        # Imported here because it takes a second, and most commands of the command line read no text.
        from sklearn.naive_bayes import MultinomialNB  # noqa: PLC0415
        from sklearn.svm import LinearSVC  # noqa: PLC0415

        self.lists = WordLists(phrases)
        examples = [(phrase, intent) for intent in Intent for phrase in phrases.by_intent.get(intent, ())]
        self._phrases = [phrase for phrase, _ in examples]
        self._exact = {bare(phrase): intent for phrase, intent in reversed(examples)}
        self._labels = np.array([str(intent) for _, intent in examples])
        self._vectors = Vectors(self._phrases, self.lists)
        learnt = self._vectors.learnt
        linear = LinearSVC(C=1.0, tol=0.1, random_state=0).fit(learnt, self._labels)
        bayes = MultinomialNB(alpha=0.05).fit(learnt, self._labels)
        # Both add up weights of features: so does their sum, and one table is quick to read.
        self._weights = np.ascontiguousarray((linear.coef_ + _BAYES * bayes.feature_log_prob_).T, np.float32)
        self._start = linear.intercept_ + _BAYES * bayes.class_log_prior_
        self._intents = tuple(Intent(name) for name in linear.classes_)

    def exact(self, text: str, *, for_leaders: bool = False) -> Intent | None:
        """Return the intent of a phrase that says the same but for case and signs."""
        intent = self._exact.get(bare(text)) if bare(text) else None
        return intent if for_leaders or intent not in LEADERS_INTENTS else None

    def scores(self, text: str, *, for_leaders: bool = False) -> dict[Intent, float]:
        """Return the score of each intent, the highest first; a difference of 1 is much."""
        numbers, values = self._vectors.of(text)
        scores = self._start + values @ self._weights[numbers]
        order = [(self._intents[number], float(scores[number])) for number in scores.argsort()[::-1]]
        return {intent: score for intent, score in order if for_leaders or intent not in LEADERS_INTENTS}

    def nearest(self, text: str, intent: Intent) -> str:
        """Return the phrase of an intent that is most like a text."""
        own = (self._labels == intent).nonzero()[0]
        vector = np.zeros(self._vectors.size, np.float32)
        numbers, values = self._vectors.of(text)
        vector[numbers] = values
        likeness: NDArray[np.float32] = self._vectors.learnt[own] @ vector
        return self._phrases[int(own[int(likeness.argmax())])]


@lru_cache(maxsize=4)
def classifier(phrases: Phrases) -> Classifier:
    """Return the classifier that learnt from these phrases; learning happens once a process."""
    return Classifier(phrases)
