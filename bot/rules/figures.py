"""The figures of a week for one school's principals, without names, members or counts of replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, timedelta
from types import NoneType
from typing import Any, get_args, get_type_hints

from bot.rules.privacy import FLOOR, Band, Replies, Told, publishable, tell_week


@dataclass(frozen=True, slots=True)
class SchoolWeek:
    """The people (not check-ins) of a school who were asked, and how many of them replied; a skip is a reply."""

    school_id: int
    asked: int
    replied: int


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """The counts of a week of a cycle, made once, at one moment, for all schools: a second count is never published."""

    week: date
    """The Monday."""
    schools: tuple[SchoolWeek, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleFacts:
    """The cohort and ties as locked when the cycle was confirmed."""

    cohort: tuple[tuple[int, int], ...]
    """(school id, number of people), locked."""
    ties: frozenset[frozenset[int]]
    """Pairs of schools that the confirmed pairings link, locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a week that one school's principals are shown, and all that is stored of the week.

    A story is not among them: it is looked up at every sending, so that its author can take it back.
    """

    week: date
    people: int | None
    """People of the own school in the cohort."""
    everyone: int
    """People in the whole cohort."""
    ours: Band | None
    all: Band
    schools: int
    """Schools with people in the cohort."""
    schools_linked: int
    """Schools of the cohort whose people work with another school's."""
    tied_with: int | None
    """Other schools with whose people the own school's people work."""
    is_away: bool = False
    """Nobody of the own school was asked, as in its holidays."""


@dataclass(frozen=True, slots=True)
class PastWeek:
    """One column of the chart; a band's number, 1 to 4, is its height."""

    week: date
    ours: Band | None
    all: Band | None

    @property
    def is_gap(self) -> bool:
        """True if nothing was published, or the school was on holiday: a gap, not a zero."""
        return self.all is None


def tell(week: WeekFacts, cycle: CycleFacts, before: Told) -> Told:
    """Return what is told of replies after this week."""
    cohort = dict(cycle.cohort)
    return tell_week(publishable(cohort), cohort, _replies(week), before)


def summarise(school_id: int, week: WeekFacts, cycle: CycleFacts, told: Told) -> Figures | None:
    """Return the figures of a week for one school's principals, or None where nothing may be published."""
    cohort = dict(cycle.cohort)
    published = publishable(cohort)
    replies = _replies(week)
    if told.everyone is None or sum(each.asked for each in replies.values()) < FLOOR:
        return None
    is_away = school_id not in replies or not replies[school_id].asked
    is_shown = school_id in published.schools
    everyone = sum(cohort.values())
    return Figures(
        week=week.week,
        people=cohort[school_id] if is_shown else None,
        everyone=everyone,
        ours=None if is_away else told.schools.get(school_id),
        all=told.everyone,
        schools=sum(1 for people in cohort.values() if people),
        schools_linked=len(frozenset().union(*cycle.ties)),
        tied_with=_tied_with(school_id, cycle.ties) if is_shown else None,
        is_away=is_away,
    )


def _replies(week: WeekFacts) -> dict[int, Replies]:
    return {each.school_id: Replies(each.asked, each.replied) for each in week.schools}


def told_before(published: Mapping[int, Sequence[Figures]]) -> Told:
    """Return what the figures of earlier weeks, by school and oldest first, have told."""
    bands = {
        school: [each.ours for each in figures if each.ours is not None]
        for school, figures in published.items()
    }
    hidden = {
        school
        for school, figures in published.items()
        if any(each.people is not None and each.ours is None and not each.is_away for each in figures)
    }
    newest = max((each for figures in published.values() for each in figures[-1:]), key=_week, default=None)
    return Told(
        schools={school: told[-1] for school, told in bands.items() if told and school not in hidden},
        hidden=frozenset(hidden),
        everyone=newest.all if newest else None,
    )


def _week(figures: Figures) -> date:
    return figures.week


def history(published: Sequence[Figures]) -> tuple[PastWeek, ...]:
    """Return the weeks of one school from its first published one to its last; one without figures is a gap."""
    by_week = {
        figures.week: PastWeek(figures.week, figures.ours, None if figures.is_away else figures.all)
        for figures in published
    }
    if not by_week:
        return ()
    first, last = min(by_week), max(by_week)
    weeks = (first + timedelta(weeks=passed) for passed in range((last - first).days // 7 + 1))
    return tuple(by_week.get(week, PastWeek(week, None, None)) for week in weeks)


def to_json(figures: Figures) -> dict[str, str | int | None]:
    """Return the figures as they are stored: every field by its name."""
    return {field.name: _to_json(getattr(figures, field.name)) for field in fields(figures)}


def from_json(stored: Mapping[str, object]) -> Figures:
    """Read stored figures. A field that is no longer known is ignored, one that is new takes its default.

    Raises `KeyError` for an unknown band or a missing field without a default, `TypeError` for other wrong values.
    """
    kinds = get_type_hints(Figures)
    known = (field for field in fields(Figures) if field.name in stored or field.default is MISSING)
    return Figures(**{field.name: _from_json(kinds[field.name], stored[field.name]) for field in known})


def _to_json(value: date | Band | str | int | None) -> str | int | None:
    match value:
        case date():
            return value.isoformat()
        case Band():
            return value.key
        case _:
            return value


def _from_json(kind: Any, value: object) -> Any:
    """Read one field of the type `kind`: a plain type, or one beside None."""
    optional = get_args(kind)
    if value is None and NoneType in optional:
        return None
    [plain] = set(optional or (kind,)) - {NoneType}
    if plain is date:
        return date.fromisoformat(str(value))
    if plain is Band:
        return Band.of_key(str(value))
    if not isinstance(value, plain):
        raise TypeError(f"{value!r} is no {plain.__name__}")
    return value


def _tied_with(school_id: int, ties: frozenset[frozenset[int]]) -> int:
    partners = frozenset[int]().union(*(tie for tie in ties if school_id in tie))
    return len(partners - {school_id})
