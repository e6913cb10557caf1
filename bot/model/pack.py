"""The prompts of a cycle: steps, their words, their questions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.check_in import Share


class Kind(StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    ONE = "one"
    MANY = "many"
    SCALE = "scale"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: its key is kept, its label is read."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a step, in one language."""

    key: str
    kind: Kind
    label: str
    hint: str = ""
    needed: bool = False
    limit: int = 500
    """Characters a text may have."""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A step's words in one language: Markdown with the pack's known words in braces."""

    form: str
    """The form's title, 24 characters at most."""
    lead: str
    """Bold first line: the question behind the step."""
    body: str
    questions: tuple[Question, ...]
    principals: str = ""
    """The one thing a principal can do while this step runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of a pack: when it falls, who reads what is said, and its words by language."""

    key: str
    day: int
    """The teaching day of the cycle on which it is put, from 1, over days that all schools of a pairing teach."""
    open_days: int
    """How many teaching days it stays open, the first included."""
    remind_after: int | None
    """Teaching days until the one reminder; none: no reminder."""
    share: Share
    stage: str
    """The stage of working together that a pairing has reached here: a key of the content."""
    is_challenge: bool = False
    plan: tuple[str, str] | None = None
    """The two questions (when, then) that make this person's when–then plan."""
    focus: str | None = None
    """The question whose answer names the focus."""
    visit_day: str | None = None
    """The question whose answer is the day of the visit."""
    story: tuple[str, str] | None = None
    """The question a principal may read, and the yes/no question by which its author says so."""
    wording: tuple[tuple[str, Wording], ...]

    def words(self, language: str) -> Wording:
        """The wording in that language, else in the pack's first language."""
        by_language = dict(self.wording)
        return by_language.get(language) or self.wording[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The prompts of a cycle."""

    id: str
    version: str
    languages: tuple[str, ...]
    titles: tuple[tuple[str, str], ...]
    """Language and title."""
    steps: tuple[Step, ...]

    def title(self, language: str) -> str:
        """The pack's name in that language, else in its first."""
        return dict(self.titles).get(language) or self.titles[0][1]

    def step(self, key: str) -> Step:
        """The step of that key; a `KeyError` means that a row and its pack disagree."""
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)
