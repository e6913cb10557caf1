"""Reading a typed text: rules first, then the likeliest intent."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from bot.model import Intent, Role
from bot.prompts import Phrases
from bot.rules.dates import days_in
from bot.understanding.classifier import Classifier, classifier
from bot.understanding.names import NameFinder
from bot.understanding.normalise import bare, normalise
from bot.understanding.reading import Reading
from bot.understanding.safeguarding import Worry, worry_of
from bot.understanding.situation import Open, Situation

ANSWER_ENOUGH = 1.0
"""With a question open, a text is its answer unless another intent leads by more than this …"""
ANSWER_POSSIBLE = 2.2
"""… and it is asked about, with the answer on a button, unless another intent leads by more than this."""
CLEAR_LEAD = 0.6
"""The lead over the next intent from which an intent is acted on without asking."""
LONGEST_SMALL_TALK = 120
"""The most characters of thanks or a greeting; a longer text is asked about, so that nothing of it is lost."""
NAME_LIKELY = 0.0
"""The lead of pupil_name over answer from which a word that may be a name counts as one."""

_KEPT = (Intent.ANSWER, Intent.PUPIL_NAME, Intent.COLLEAGUE_HEALTH)
"""Intents whose words are kept only with a question open."""
_SMALL_TALK = (Intent.ACK, Intent.GREETING)
_DATED = (Intent.PAUSE, Intent.PROPOSE_TIME, Intent.LATER, Intent.SKIP, Intent.LEAVE, Intent.MOVED)


class Reader:
    """The reading of typed texts in one language."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    def prepare(self) -> None:
        """Make ready now, so that the first text is read as quickly as the others."""
        if not self._phrases.by_intent:
            return
        classifier(self._phrases)

    def nearest(self, text: str, intent: Intent) -> str:
        """Return the phrase of the content that explains best why a text is read as this intent."""
        return classifier(self._phrases).nearest(text, intent)

    def read(self, text: str, situation: Situation) -> Reading:
        """Return the likeliest intent of a text in a situation."""
        is_open = situation.question is not Open.NONE
        if not self._phrases.by_intent:
            return Reading(intent=Intent.ANSWER, certain=is_open)
        model = classifier(self._phrases)
        for_leaders = bool(situation.roles - {Role.TEACHER})
        scores = model.scores(text, for_leaders=for_leaders)
        if (worry := worry_of(text, model, scores)) is not Worry.NO:
            likeliest = [each for each in scores if each is not Intent.SAFEGUARDING][:2]
            found = worry is Worry.FOUND
            others = () if found else tuple(likeliest)
            return Reading(intent=Intent.SAFEGUARDING, certain=found, others=others)
        if is_open and self._is_answer(text, situation):
            return Reading(intent=Intent.ANSWER, certain=True)
        is_long = len(text) > LONGEST_SMALL_TALK
        exact = None if is_long else model.exact(text, for_leaders=for_leaders)
        if exact is not None and (is_open or exact not in _KEPT) and exact is not Intent.PUPIL_NAME:
            return self._reading(text, situation, model, [exact], certain=True, names=())
        if not bare(text) and not any(unicodedata.category(sign) == "So" for sign in text):
            return Reading(
                intent=Intent.ANSWER, certain=False, others=(Intent.HELP,)
            )  # signs alone: "…", "?"
        names = self._pupils(text, situation, scores)
        written = Intent.PUPIL_NAME if names else Intent.ANSWER
        answer = max(scores[Intent.ANSWER], scores[Intent.PUPIL_NAME])
        both = (Intent.ANSWER, Intent.PUPIL_NAME)
        ranked: dict[Intent, float] = {each: score for each, score in scores.items() if each not in both}
        ranked[written] = answer
        order = sorted(ranked, key=lambda intent: -ranked[intent])
        lead = ranked[order[0]] - ranked[order[1]]
        behind = ranked[order[0]] - answer
        if not is_open:
            certain = lead >= CLEAR_LEAD and order[0] not in _KEPT and model.knows(text)
            if order[0] in _KEPT:  # far from everything that has a button
                order = [each for each in order if ranked[order[0]] - ranked[each] <= ANSWER_POSSIBLE]
        elif behind <= ANSWER_ENOUGH:
            order = [written, *(each for each in order if each is not written)]
            certain = True
        else:
            certain = behind > ANSWER_POSSIBLE and lead >= CLEAR_LEAD
            if behind <= ANSWER_POSSIBLE and written not in order[:3]:
                order[2] = written
        if order[0] in _SMALL_TALK and is_long:
            certain = False
        return self._reading(text, situation, model, order[:3], certain=certain, names=names)

    def _is_answer(self, text: str, situation: Situation) -> bool:
        """Return True for an option, a number, unknown words, and a yes or no to a question that takes it."""
        alone = bare(text)
        return (
            alone in map(bare, situation.choices)
            or alone.replace(" ", "").isdigit()
            or (" " in alone and not classifier(self._phrases).knows(text))
            or (situation.takes_yes_or_no and alone in map(bare, self._phrases.words("yes_or_no")))
        )

    def _pupils(self, text: str, situation: Situation, scores: Mapping[Intent, float]) -> tuple[str, ...]:
        known = situation.partners | situation.own_names
        names = _finder(self._phrases).names_in(text, known)
        if names.sure:
            return names.sure
        is_likely = scores[Intent.PUPIL_NAME] - scores[Intent.ANSWER] >= NAME_LIKELY
        return names.maybe if is_likely else ()

    def _reading(
        self,
        text: str,
        situation: Situation,
        model: Classifier,
        order: list[Intent],
        *,
        certain: bool,
        names: tuple[str, ...],
    ) -> Reading:
        intent = order[0]
        found: tuple[str, ...] = ()
        if intent is Intent.PUPIL_NAME:
            found = names
        elif intent is Intent.COLLEAGUE_HEALTH:
            found = model.lists.found("health", normalise(text))
        elif intent is Intent.TELL:
            found = _named(text, situation)
        since, until = days_in(text, situation.today) if set(order) & set(_DATED) else (None, None)
        return Reading(
            intent=intent,
            certain=certain,
            others=tuple(order[1:]),
            found=found,
            since=since,
            until=until,
        )


@lru_cache(maxsize=4)
def _finder(phrases: Phrases) -> NameFinder:
    return NameFinder(phrases)


def _named(text: str, situation: Situation) -> tuple[str, ...]:
    """Return the partners whose first or full name stands in a text."""
    words = set(normalise(text).replace("'s", " ").replace(",", " ").replace(":", " ").split())
    return tuple(sorted(name for name in situation.partners if normalise(name).split()[0] in words))
