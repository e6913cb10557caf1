"""Measuring a reader on lines of which the intent is known."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.model import LEADERS_INTENTS, Intent, Role
from bot.understanding.reader import Reader
from bot.understanding.reading import Reading
from bot.understanding.situation import Open, Situation

HANDED = Path(__file__).parent / "typed.en.tsv"
ANSWERS = Path(__file__).parent / "answers.en.tsv"
"""300 answers, of which those that are no handed lines are phrases, too."""
PARTNERS = frozenset({"Tama Walker", "Elin Hughes"})
"""The partners of whoever types the lines."""
_WRITTEN = frozenset({Intent.ANSWER, Intent.PUPIL_NAME, Intent.COLLEAGUE_HEALTH})
"""With nothing open, such a line is right when it is asked about."""
_ASKED_ANYWAY = frozenset({Intent.PUPIL_NAME, Intent.COLLEAGUE_HEALTH})
"""The author is asked about such words before they are kept, and an answer is one press away."""
_NOTHING_OPEN = ("none", "nothing", "not joined", "invited", "closed", "answered", "matched")


@dataclass(frozen=True)
class Line:
    """A line of a file, in one situation."""

    intent: Intent
    text: str
    question: Open


@dataclass(frozen=True)
class Outcome:
    """A line and its reading."""

    line: Line
    reading: Reading

    @property
    def right(self) -> bool:
        """Return True if the intent was read; with nothing open, if what looks like an answer is asked about."""
        if self.line.question is Open.NONE and self.line.intent in _WRITTEN:
            return not self.reading.certain
        return self.reading.intent is self.line.intent

    @property
    def right_at_once(self) -> bool:
        """Return True if the line is right and, unless it has to be asked about, was not."""
        asks = self.line.question is Open.NONE and self.line.intent in _WRITTEN
        return self.right and (asks or self.reading.certain)

    @property
    def right_or_asked(self) -> bool:
        """Return True if the line is right at once or its intent is on a button."""
        return self.right_at_once or (not self.reading.certain and self.line.intent in self.reading.choices)

    @property
    def is_open_answer(self) -> bool:
        """Return True for an answer while a question or a challenge is open."""
        return self.line.intent is Intent.ANSWER and self.line.question is not Open.NONE

    @property
    def taken_for_else(self) -> bool:
        """Return True if the bot would act on another intent, without asking."""
        return not self.asked and self.reading.intent is not self.line.intent

    @property
    def asked(self) -> bool:
        """Return True if the author is asked before anything happens."""
        return not self.reading.certain or self.reading.intent in _ASKED_ANYWAY


@dataclass(frozen=True)
class Shares:
    """The five shares of all lines."""

    right_at_once: float
    right_or_asked: float
    safeguarding: float
    answers_taken: float
    answers_asked: float

    @property
    def within_bounds(self) -> bool:
        """Return True if each share is good enough."""
        return (
            self.right_or_asked >= 0.85
            and self.safeguarding >= 0.90
            and self.answers_taken <= 0.01
            and self.answers_asked <= 0.05
        )


def lines_of(file: Path) -> list[Line]:
    """Return the lines of a file; where it names no situation, each line in all three."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Line(Intent(row["intent"].strip()), row["text"].strip(), question)
        for row in rows
        if (row.get("text") or "").strip()
        for question in _questions((row.get("situation") or "").strip().casefold())
    ]


def _questions(situation: str) -> Iterable[Open]:
    if not situation:
        return tuple(Open)
    if "challenge" in situation:
        return (Open.CHALLENGE,)
    return (Open.NONE,) if any(word in situation for word in _NOTHING_OPEN) else (Open.QUESTION,)


def read_all(reader: Reader, lines: Iterable[Line]) -> list[Outcome]:
    """Return the reading of each line."""
    return [Outcome(line, reader.read(line.text, _situation(line))) for line in lines]


def _situation(line: Line) -> Situation:
    leads = line.intent in LEADERS_INTENTS
    return Situation(
        today=date(2026, 9, 7),
        question=line.question,
        read_by_others=line.question is not Open.NONE,
        partners=PARTNERS,
        roles=frozenset({Role.COORDINATOR if leads else Role.TEACHER}),
    )


def shares_of(outcomes: list[Outcome]) -> Shares:
    """Return the five shares; a share of no lines counts as good."""
    answers = [each for each in outcomes if each.is_open_answer]
    worries = [each for each in outcomes if each.line.intent is Intent.SAFEGUARDING]
    return Shares(
        right_at_once=_share((each.right_at_once for each in outcomes), of_none=1),
        right_or_asked=_share((each.right_or_asked for each in outcomes), of_none=1),
        safeguarding=_share((each.reading.intent is Intent.SAFEGUARDING for each in worries), of_none=1),
        answers_taken=_share((each.taken_for_else for each in answers), of_none=0),
        answers_asked=_share((each.asked for each in answers), of_none=0),
    )


def _share(flags: Iterable[bool], *, of_none: float) -> float:
    all_flags = list(flags)
    return sum(all_flags) / len(all_flags) if all_flags else of_none


def report(outcomes: list[Outcome], reader: Reader) -> Iterator[str]:
    """Return the confusion table, the lines that were read otherwise, and the shares, line by line."""
    yield f"{'intent':18}{'lines':>6}{'right':>7}  read as"
    for intent in Intent:
        own = [each for each in outcomes if each.line.intent is intent]
        wrong = Counter(each.reading.intent for each in own if not each.right)
        if own:
            otherwise = ", ".join(f"{other} {count}" for other, count in wrong.most_common())
            yield f"{intent:18}{len(own):6}{len(own) - wrong.total():7}  {otherwise}"
    yield ""
    for each in outcomes:
        if not each.right_at_once:
            nearest = reader.nearest(each.line.text, each.reading.intent)
            read = f"{each.reading.intent} (nearest: {nearest})"
            if not each.reading.certain:
                read = "asked: " + ", ".join(each.reading.choices)
            yield f"{each.line.question.name.casefold():10}{each.line.intent:18}{each.line.text!r} {read}"
    yield ""
    shares = shares_of(outcomes)
    yield f"{shares.right_at_once:7.1%}  right at once"
    yield f"{shares.right_or_asked:7.1%}  right, or asked with the right intent among at most three (at least 85 %)"
    yield f"{shares.safeguarding:7.1%}  safeguarding found or asked about (at least 90 %)"
    yield f"{shares.answers_taken:7.1%}  answers taken for something else (at most 1 %)"
    yield f"{shares.answers_asked:7.1%}  answers asked about (at most 5 %)"
