"""Terms and closed days that a calendar gives by their first and last days alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest

from adapters.rosters.titles import Reading
from bot.rules.calendar_file import ClosedSpan, LeftOut, Why
from bot.rules.school_time import Term

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LONGEST_TERM = timedelta(days=366)
SHORTEST_TERM = timedelta(days=14)
LONGEST_BREAK = timedelta(days=100)
STARTS, ENDS = Reading.TERM_STARTS, Reading.TERM_ENDS
ORDER = (STARTS, Reading.BREAK_ENDS, ENDS, Reading.BREAK_STARTS)
"""The order of what happens on one day."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A first or last day; `is_named` is True where the title names a term, not the school alone."""

    title: str
    day: date
    reading: Reading
    is_named: bool = False


@dataclass(slots=True)
class Built:
    """What marks were made into, and those that nothing was made of."""

    terms: list[Term] = field(default_factory=list)
    closed: list[ClosedSpan] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def build(marks: Sequence[Mark], terms: Sequence[Term], closed: Sequence[ClosedSpan]) -> Built:
    """Return the terms and the closed days between first and last days, beside those that the file gives as spans."""
    built = Built()
    ordered = sorted(set(marks), key=lambda mark: (mark.day, ORDER.index(mark.reading), mark.title))
    school = [mark for mark in ordered if mark.reading in (STARTS, ENDS)]
    inside = [mark for mark in school if _is_inside(mark.day, terms)]
    _add_gaps(inside, terms, built)
    outside = [mark for mark in school if mark not in inside]
    holidays = [
        *(span.first_day for span in closed if span.last_day > span.first_day),
        *(mark.day for mark in ordered if mark.reading is Reading.BREAK_STARTS),
    ]
    last_days = {mark for mark, following in _pairs(outside) if _ends_lessons(mark, following, holidays)}
    built.left_out += [_left_out(mark, Why.MARKS) for mark in outside if mark not in last_days]
    _add_terms([mark for mark in outside if mark in last_days], built)
    _add_breaks(ordered, closed, built)
    return built


def _is_inside(day: date, spans: Sequence[Term | ClosedSpan]) -> bool:
    return any(each.first_day <= day <= each.last_day for each in spans)


def _pairs(marks: Sequence[Mark]) -> Iterator[tuple[Mark, Mark | None]]:
    return zip_longest(marks, marks[1:])


def _ends_lessons(mark: Mark, following: Mark | None, holidays: Sequence[date]) -> bool:
    """Return False for the end of a quarter after which lessons go on, up to a holiday and "classes resume"."""
    if mark.reading is not ENDS or not mark.is_named or following is None or following.reading is not STARTS:
        return True
    return following.is_named or not any(mark.day + WEEK < day < following.day for day in holidays)


def _left_out(mark: Mark, why: Why) -> LeftOut:
    return LeftOut(mark.title, why, mark.day, mark.day)


def _add_gaps(marks: Sequence[Mark], terms: Sequence[Term], built: Built) -> None:
    """Close the days between a last day and the next first day within one term."""
    for mark, following in _pairs(marks):
        built.left_out.append(_left_out(mark, Why.MARKS))
        if mark.reading is ENDS and following and following.reading is STARTS:
            gap = ClosedSpan(mark.title, mark.day + DAY, following.day - DAY)
            is_in_one = any(each.first_day <= mark.day and following.day <= each.last_day for each in terms)
            if is_in_one and gap.first_day <= gap.last_day:
                built.closed.append(gap)


def _add_terms(marks: Sequence[Mark], built: Built) -> None:
    start = end = None
    for mark in marks:
        if mark.reading is ENDS:
            if start is None or mark.day - start.day > LONGEST_TERM:
                built.left_out.append(_left_out(mark, Why.NO_FIRST_DAY))
            else:
                end = mark
        elif start is None:
            start = mark
        elif end is not None:
            built.terms.append(_term(start, end))
            start, end = mark, None
        elif mark.day - start.day > LONGEST_TERM:
            built.left_out.append(_left_out(start, Why.NO_LAST_DAY))
            start = mark
        else:  # "Classes resume" belongs to the year; a second "Term starts" lacks the last day of the first
            is_lacking = mark.is_named and start.is_named and mark.day - start.day > SHORTEST_TERM
            built.left_out.append(
                _left_out(start, Why.NO_LAST_DAY) if is_lacking else _left_out(mark, Why.MARKS)
            )
    if start and end:
        built.terms.append(_term(start, end))
    elif start:
        built.left_out.append(_left_out(start, Why.NO_LAST_DAY))


def _term(start: Mark, end: Mark) -> Term:
    return Term(f"{start.title} – {end.title}", start.day, end.day)


def _add_breaks(marks: Sequence[Mark], closed: Sequence[ClosedSpan], built: Built) -> None:
    """Close the days from the first day of a holiday to its last, or to the day before lessons start again."""
    used: set[Mark] = set()
    for mark, following in _with_following(marks):
        if mark.reading is not Reading.BREAK_STARTS or following is None:
            continue
        last = following.day - DAY if following.reading is STARTS else following.day
        if following.reading is not ENDS and mark.day <= last <= mark.day + LONGEST_BREAK:
            is_last_lesson = any(each.reading is ENDS and each.day == mark.day for each in marks)
            first = mark.day + DAY if is_last_lesson else mark.day
            if first <= last:
                built.closed.append(ClosedSpan(mark.title, first, last))
            used |= {mark, following}
    for mark in marks:
        if mark.reading in (Reading.BREAK_STARTS, Reading.BREAK_ENDS) and mark not in used:
            is_known = _is_inside(mark.day, [*closed, *built.closed])
            starts = mark.reading is Reading.BREAK_STARTS
            lacking = Why.NO_LAST_DAY if starts else Why.NO_FIRST_DAY
            built.left_out.append(_left_out(mark, Why.MARKS if is_known else lacking))


def _with_following(marks: Sequence[Mark]) -> Iterator[tuple[Mark, Mark | None]]:
    """Yield each mark with the next one on a later day, or of another kind on the same day."""
    for place, mark in enumerate(marks):
        later = (each for each in marks[place + 1 :] if each.reading is not mark.reading)
        yield mark, next(later, None)
