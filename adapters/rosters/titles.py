"""What the title and the categories of a calendar event say about lessons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum, auto
from typing import TypeAlias

from bot.prompts import CalendarWords, Sign

SHORTEST_TERM = 14
LONGEST_HALF_TERM = 21
"""In days. A longer "half term" is half a term of lessons, and so long an INSET day is none."""

CLOCK = re.compile(r"\b\d{1,2}(?:[.:]\d\d)?\s*[ap]\.?m\b|\b\d{1,2}:\d\d\b", re.IGNORECASE)

OFF = frozenset({Sign.HOLIDAY, Sign.HALF_TERM, Sign.HOLIDAY_NAME})
CLOSES = OFF | {Sign.STAFF_DAY, Sign.NO_LESSONS}
MARKS = frozenset({Sign.STARTS, Sign.ENDS})
SCHOOL_MARKS = frozenset({Sign.SCHOOL_STARTS, Sign.SCHOOL_ENDS})
DECIDES = CLOSES | SCHOOL_MARKS | {Sign.TERM}
AFTER_A_JOINER = DECIDES | MARKS


class Reading(StrEnum):
    """One thing that an event says."""

    TERM = auto()
    CLOSED = auto()
    TERM_STARTS = auto()
    TERM_ENDS = auto()
    BREAK_STARTS = auto()
    BREAK_ENDS = auto()
    TAUGHT = auto()
    UNKNOWN = auto()


Readings: TypeAlias = frozenset[Reading]
"""One reading, or two for a day that begins a term and is closed ("Term starts: INSET day")."""

UNKNOWN: Readings = frozenset({Reading.UNKNOWN})
TAUGHT: Readings = frozenset({Reading.TAUGHT})
CLOSED: Readings = frozenset({Reading.CLOSED})
TERM: Readings = frozenset({Reading.TERM})


def read_event(words: CalendarWords, title: str, categories: Sequence[str], days: int) -> Readings:
    """Return what an event of so many days says: by its title; by its categories where the title says too little."""
    signs = _before_joiners(words.find(title))
    own = _read(signs, days, has_clock=Sign.TIME in signs or bool(CLOCK.search(title)))
    by_category = [_before_joiners(words.find(each)) for each in categories]
    by_category = [each for each in by_category if not _is_about_everything(each)]
    says_outright = Sign.NO_LESSONS in signs
    if not says_outright and any(Sign.SHORTER_DAY in each for each in by_category):
        return own if own & {Reading.TERM_STARTS, Reading.TERM_ENDS} else TAUGHT
    if own not in (UNKNOWN, TAUGHT) or Sign.SHORTER_DAY in signs or Sign.UNSURE in signs:
        return own
    for each in by_category:
        if Sign.NO_LESSONS in each or (own == UNKNOWN and not DECIDES & {*signs}):
            reading = _read(each, days)
            if reading & {Reading.TERM, Reading.CLOSED, Reading.TAUGHT}:
                return reading
    return own


def _is_about_everything(signs: Sequence[Sign]) -> bool:
    """Return whether a category names terms and holidays, so that it says nothing about one event."""
    return Sign.TERM in signs and bool(OFF & {*signs})


def _before_joiners(signs: Sequence[Sign]) -> tuple[Sign, ...]:
    """Return the signs without what comes after a joiner: "classes resume after the holidays" is no holiday."""
    kept: list[Sign] = []
    is_after = False
    for sign in signs:
        is_after = is_after or sign is Sign.JOINER
        if sign not in (Sign.JOINER, Sign.ASIDE) and not (is_after and sign in AFTER_A_JOINER):
            kept.append(sign)
    return tuple(kept)


def _read(signs: Sequence[Sign], days: int, *, has_clock: bool = False) -> Readings:
    found = frozenset(signs)
    if (
        Sign.FACILITY in found
    ):  # "Library closed" says nothing about lessons; "Half term: library closed" does
        found -= {Sign.NO_LESSONS, Sign.FACILITY}
    if not (DECIDES & found):
        return TAUGHT if found & {Sign.SCHOOL_LIFE, Sign.SHORTER_DAY} else UNKNOWN
    if Sign.UNSURE in found:
        return UNKNOWN
    if days == 1 and (mark := _mark(signs, found)):
        return _marked_day(mark, found, has_clock=has_clock)
    if Sign.SHORTER_DAY in found:
        return UNKNOWN if Sign.NO_LESSONS in found else TAUGHT
    if found & CLOSES:
        return _closed(found, days, has_clock=has_clock)
    if Sign.TERM in found and days >= SHORTEST_TERM and not found & {Sign.SCHOOL_LIFE, Sign.PART}:
        return TERM
    return TAUGHT if Sign.SCHOOL_LIFE in found else UNKNOWN


def _closed(found: AbstractSet[Sign], days: int, *, has_clock: bool) -> Readings:
    if has_clock or Sign.PART in found:
        return UNKNOWN
    is_long = days > LONGEST_HALF_TERM
    if Sign.TERM in found and is_long:
        # "Term 1 (INSET on Monday)" is a term; "Summer term (closed 3 May)" may be anything.
        return UNKNOWN if found & {Sign.NO_LESSONS, Sign.HOLIDAY, Sign.SCHOOL_LIFE} else TERM
    if Sign.NO_LESSONS in found:
        return CLOSED
    if Sign.SCHOOL_LIFE in found:
        return UNKNOWN
    if is_long and not found & {Sign.HOLIDAY, Sign.HOLIDAY_NAME}:
        return TERM if Sign.HALF_TERM in found else UNKNOWN
    return CLOSED


def _marked_day(mark: Reading, found: AbstractSet[Sign], *, has_clock: bool) -> Readings:
    is_end = mark is Reading.TERM_ENDS
    if (is_end and Sign.PART in found) or (is_end and has_clock and Sign.TERM not in found):
        return UNKNOWN  # "Last day for seniors"; "School closes at 2 pm"
    if mark in (Reading.BREAK_STARTS, Reading.BREAK_ENDS) and (
        has_clock or found & {Sign.PART, Sign.SCHOOL_LIFE, Sign.SHORTER_DAY}
    ):
        return UNKNOWN
    if mark in (Reading.TERM_STARTS, Reading.TERM_ENDS) and found & {Sign.STAFF_DAY, Sign.NO_LESSONS}:
        return frozenset({mark, Reading.CLOSED})
    return frozenset({mark})


def _mark(signs: Sequence[Sign], found: AbstractSet[Sign]) -> Reading | None:
    """Return the first or last day that the first clause of a title names, such as "Term 1 begins"."""
    noun = marker = None
    for sign in signs:
        if sign in SCHOOL_MARKS:
            if noun in OFF:
                return Reading.UNKNOWN  # "Half term begins, last day of school"
            return Reading.TERM_STARTS if sign is Sign.SCHOOL_STARTS else Reading.TERM_ENDS
        noun = noun or (sign if sign in OFF | {Sign.TERM} else None)
        marker = marker or (sign if sign in MARKS else None)
        if noun and marker:
            break
    if noun is None or marker is None:
        return None
    if noun is Sign.TERM:
        if {Sign.STARTS, Sign.ENDS} <= found and not OFF & found:
            return Reading.UNKNOWN
        return Reading.TERM_STARTS if marker is Sign.STARTS else Reading.TERM_ENDS
    if Sign.TERM in found or {Sign.STARTS, Sign.ENDS} <= found or SCHOOL_MARKS & found:
        return Reading.UNKNOWN
    return Reading.BREAK_STARTS if marker is Sign.STARTS else Reading.BREAK_ENDS
