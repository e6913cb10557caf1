"""Teaching days: term dates, closed days, public holidays, working hours and time zones (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time


@dataclass(frozen=True, slots=True)
class Term:
    """A run of days on which a school teaches, first and last included."""

    title: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A school's days. Without terms every weekday that is no holiday counts as taught, so that a new school works at once."""

    time_zone: str
    terms: tuple[Term, ...] = ()
    closed: frozenset[date] = frozenset()
    holidays: str = ""
    """As `School.holidays`."""
    opens: time = field(default=time(8, 30))
    closes: time = field(default=time(17, 0))
    ask_at: time = field(default=time(15, 30))
