"""A linear classifier of texts: n-grams of letters and words, learnt from the phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from bot.model import Intent
from bot.prompts import Phrases
from bot.understanding.normalise import normalise


class Classifier:
    """The likelihood of each intent, and the phrase that is nearest to a text."""

    def __init__(self, phrases: Phrases) -> None:
        # Imported here because it takes a second, and most commands of the command line read no text.
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
        from sklearn.pipeline import make_union  # noqa: PLC0415
        from sklearn.svm import LinearSVC  # noqa: PLC0415

        examples = [(phrase, intent) for intent, own in phrases.by_intent.items() for phrase in own]
        self._phrases = [phrase for phrase, _ in examples]
        self._labels = [intent for _, intent in examples]
        pieces = re.compile(r"[\w']+|[^\w\s]")
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)
        words = TfidfVectorizer(
            ngram_range=(1, 2),
            tokenizer=pieces.findall,
            token_pattern=None,
            sublinear_tf=True,
            dtype=np.float32,
        )
        self._vectors = make_union(letters, words)
        self._learnt = self._vectors.fit_transform([normalise(each) for each in self._phrases])
        self._model = LinearSVC(C=1.0, random_state=0).fit(self._learnt, self._labels)
        self.intents = tuple(Intent(each) for each in self._model.classes_)

    def scores(self, text: str) -> dict[Intent, float]:
        """Return the likelihood of each intent; all together are 1."""
        margins = self._model.decision_function(self._vectors.transform([normalise(text)]))[0]
        weights = np.exp(3.0 * (margins - margins.max()))
        return dict(zip(self.intents, map(float, weights / weights.sum()), strict=True))

    def nearest(self, text: str, intent: Intent) -> str:
        """Return the phrase of an intent that is most like a text."""
        own: Sequence[int] = [number for number, each in enumerate(self._labels) if each is intent]
        likeness = self._learnt[own] @ self._vectors.transform([normalise(text)]).T
        return self._phrases[own[int(likeness.toarray().argmax())]]


@lru_cache(maxsize=4)
def classifier(phrases: Phrases) -> Classifier:
    """Return the classifier that learnt from these phrases; learning happens once a process."""
    return Classifier(phrases)
