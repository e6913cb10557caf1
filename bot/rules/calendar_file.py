"""A calendar as it was read from a file: terms, closed days, and the events that are neither, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.rules.school_time import Term


class Why(StrEnum):
    """The reason why an event of a calendar file was left out; `calendar-why.<value>` is its sentence."""

    NOT_UNDERSTOOD = "not-understood"
    CLOSED_AT_A_TIME = "closed-at-a-time"
    NO_FIRST_DAY = "no-first-day"
    NO_LAST_DAY = "no-last-day"
    BAD_DATES = "bad-dates"
    BAD_REPEAT = "bad-repeat"
    LESSONS = "lessons"
    MARKS = "marks"
    AT_A_TIME = "at-a-time"
    CANCELLED = "cancelled"
    ENVELOPE = "envelope"
    PAST = "past"


ASKED = (
    Why.NOT_UNDERSTOOD,
    Why.CLOSED_AT_A_TIME,
    Why.NO_FIRST_DAY,
    Why.NO_LAST_DAY,
    Why.BAD_DATES,
    Why.BAD_REPEAT,
)
"""The reasons about which a person is asked, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class ClosedSpan:
    """Days without lessons under one title, first and last included."""

    title: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An event that made no term and closed no day."""

    title: str
    why: Why
    first_day: date | None = None
    last_day: date | None = None
    written: str = ""
    """The dates or the repetition as the file writes them, where they cannot be read."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """Term dates and closed days (date → reason) as one file gave them, with the spans they come from."""

    terms: tuple[Term, ...] = ()
    closed: Mapping[date, str] = field(default_factory=dict)
    spans: tuple[ClosedSpan, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def has_days(self) -> bool:
        """True if there is a term or a closed day."""
        return bool(self.terms or self.closed)

    @property
    def asked(self) -> tuple[LeftOut, ...]:
        """The events about which a person is asked, by reason."""
        return tuple(each for why in ASKED for each in self.left_out if each.why is why)
