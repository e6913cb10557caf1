"""Packs: the steps of a cycle, their wordings and their questions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.check_in import Share


class Kind(StrEnum):
    """The form of a question's answer."""

    SHORT = "short"
    LONG = "long"
    ONE = "one"
    MANY = "many"
    SCALE = "scale"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a question: its key is stored, its label is shown."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a step, in one language."""

    key: str
    kind: Kind
    label: str
    hint: str = ""
    example: str = ""
    """An answer that somebody might give, shown to whoever asks what is meant."""
    needed: bool = False
    limit: int = 500
    """The most characters of a text."""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A step's texts in one language: Markdown, with facts in braces."""

    form: str
    """The form's title, 24 characters at most."""
    lead: str
    """Bold first line: the question behind the step."""
    body: str
    questions: tuple[Question, ...]
    principals: str = ""
    """One thing that a principal can do while this step runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of a pack: its days, the readers of its answers, and its wording by language."""

    key: str
    day: int
    """The teaching day on which it is put, from 1, counting days that all schools of the pairing teach."""
    open_days: int
    """The number of teaching days for which it stays open, the first included."""
    remind_after: int | None
    """Teaching days until the reminder; None: no reminder."""
    share: Share
    stage: str
    """The stage that a pairing has reached with this step: a key of the content."""
    is_challenge: bool = False
    plan: tuple[str, str] | None = None
    """The two questions whose answers make the member's when–then plan."""
    focus: str | None = None
    """The question whose answer is the member's focus."""
    visit_day: str | None = None
    """The question whose answer is the day of the visit."""
    story: tuple[str, str] | None = None
    """The question whose answer a principal may read, and the yes/no question that permits it."""
    story_for_all: bool = False
    """The permission is asked for the principals of all schools; otherwise only the author's own school reads it."""
    wording: tuple[tuple[str, Wording], ...]

    def words(self, language: str) -> Wording:
        """Return the wording in that language, else in the pack's first language."""
        by_language = dict(self.wording)
        return by_language.get(language) or self.wording[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The content of a cycle: an ordered list of steps."""

    id: str
    version: str
    languages: tuple[str, ...]
    titles: tuple[tuple[str, str], ...]
    """(language, title), in order of `languages`."""
    steps: tuple[Step, ...]

    def title(self, language: str) -> str:
        """Return the pack's title in that language, else in its first language."""
        return dict(self.titles).get(language) or self.titles[0][1]

    def step(self, key: str) -> Step:
        """Return the step of that key; raises `KeyError` where a stored key is not in the pack."""
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)
