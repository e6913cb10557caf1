"""What a principal may see of a week: facts in, figures out, without names, members or counts of replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.rules.privacy import Band, Replies, publishable, week_bands


@dataclass(frozen=True, slots=True)
class SchoolWeek:
    """People (not check-ins) of a school who were asked, and how many of them replied; a skip is a reply."""

    school_id: int
    asked: int
    replied: int


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """A week of a cycle, counted once, at one moment, for all schools: a second count is never published."""

    week: date
    """Its Monday."""
    schools: tuple[SchoolWeek, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleFacts:
    """What was locked when the cycle was confirmed, and how far its people have come."""

    cohort: tuple[tuple[int, int], ...]
    """School id and people, locked."""
    ties: frozenset[frozenset[int]]
    """Pairs of schools linked by the pairings that were confirmed, locked."""
    stages: tuple[tuple[str, int], ...]
    """Stages from first to last, each with the people of the cohort who have reached it or a later one.

    Reached by the calendar of their pairing: a stage that is reached by answering would tell of answers.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one school's principals are shown of a week, and all that is kept of it.

    A consented story is no figure: it is looked up at every sending, so that its author can take it back.
    """

    week: date
    people: int | None
    """The own school's cohort."""
    everyone: int
    """The whole cohort."""
    ours: Band | None
    all: Band
    schools: int
    """Schools with anybody in the cohort."""
    schools_linked: int
    """Of those, schools whose people work with another school's."""
    tied_with: int | None
    """Other schools that the own school's people work with."""
    stage: str | None
    """The furthest stage that at least half of the cohort has reached: a key of the content."""


@dataclass(frozen=True, slots=True)
class PastWeek:
    """One column of the chart; a band is its level, 1 to 4."""

    week: date
    ours: Band | None
    all: Band | None

    @property
    def is_gap(self) -> bool:
        """Nothing was published, as in a holiday: a gap, not a zero."""
        return self.all is None


def summarise(school_id: int, week: WeekFacts, cycle: CycleFacts) -> Figures | None:
    """The figures of a week for one school's principals; None when nothing may or need be said."""
    cohort = dict(cycle.cohort)
    published = publishable(cohort)
    replies = {each.school_id: Replies(each.asked, each.replied) for each in week.schools}
    bands = week_bands(published, replies)
    if bands.everyone is None:
        return None
    is_shown = school_id in published.schools
    everyone = sum(cohort.values())
    return Figures(
        week=week.week,
        people=cohort[school_id] if is_shown else None,
        everyone=everyone,
        ours=bands.schools.get(school_id),
        all=bands.everyone,
        schools=sum(1 for people in cohort.values() if people),
        schools_linked=len(frozenset().union(*cycle.ties)),
        tied_with=_tied_with(school_id, cycle.ties) if is_shown else None,
        stage=_stage(cycle.stages, everyone),
    )


def history(published: Sequence[Figures]) -> tuple[PastWeek, ...]:
    """The weeks of one school from its first published one to its last; one without figures is a gap."""
    by_week = {figures.week: PastWeek(figures.week, figures.ours, figures.all) for figures in published}
    if not by_week:
        return ()
    first, last = min(by_week), max(by_week)
    weeks = (first + timedelta(weeks=passed) for passed in range((last - first).days // 7 + 1))
    return tuple(by_week.get(week, PastWeek(week, None, None)) for week in weeks)


def to_json(figures: Figures) -> dict[str, str | int | None]:
    """Figures as they are kept."""
    return {
        "week": figures.week.isoformat(),
        "people": figures.people,
        "everyone": figures.everyone,
        "ours": figures.ours.key if figures.ours else None,
        "all": figures.all.key,
        "schools": figures.schools,
        "schools_linked": figures.schools_linked,
        "tied_with": figures.tied_with,
        "stage": figures.stage,
    }


def from_json(kept: Mapping[str, object]) -> Figures:
    """Figures as they were kept."""
    ours, stage = kept["ours"], kept["stage"]
    return Figures(
        week=date.fromisoformat(str(kept["week"])),
        people=_number_or_none(kept["people"]),
        everyone=_number(kept["everyone"]),
        ours=None if ours is None else Band.of_key(str(ours)),
        all=Band.of_key(str(kept["all"])),
        schools=_number(kept["schools"]),
        schools_linked=_number(kept["schools_linked"]),
        tied_with=_number_or_none(kept["tied_with"]),
        stage=None if stage is None else str(stage),
    )


def _tied_with(school_id: int, ties: frozenset[frozenset[int]]) -> int:
    partners = frozenset[int]().union(*(tie for tie in ties if school_id in tie))
    return len(partners - {school_id})


def _stage(stages: tuple[tuple[str, int], ...], everyone: int) -> str | None:
    reached = [stage for stage, people in stages if 2 * people >= everyone]
    return reached[-1] if reached else None


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no number")
    return value


def _number_or_none(value: object) -> int | None:
    return None if value is None else _number(value)
