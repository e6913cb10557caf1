"""Teaching days and times at which people may be written to: terms, closed days, holidays, hours, time zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import combinations, islice
from zoneinfo import ZoneInfo

from bot.model import Hours

SEARCHED_DAYS = 400
"""Days searched for a teaching day: longer than any holiday."""

LAST_CALL = timedelta(minutes=15)
"""The least time between an ask and the end of a member's day, so that it arrives within the day."""

EVERY_SCHOOL_DAY = Hours()

FRIDAY = 4
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class NoTeachingDays(Exception):
    """No teaching day within `SEARCHED_DAYS` of `first`: term dates have run out, or a member has no working days."""

    def __init__(self, first: date) -> None:
        super().__init__(f"no day within {SEARCHED_DAYS} days from {first}")
        self.first = first


@dataclass(frozen=True, slots=True)
class Term:
    """A run of days on which a school teaches, first and last included."""

    title: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A school's teaching days and hours. Without terms, every weekday that is no holiday is a teaching day.

    Raises `ValueError` for an unknown time zone or holidays code, and for a day that ends before it begins.
    """

    time_zone: str
    terms: tuple[Term, ...] = ()
    closed: frozenset[date] = frozenset()
    holidays: str = ""
    """As `School.holidays`."""
    opens: time = field(default=time(8, 30))
    closes: time = field(default=time(17, 0))
    ask_at: time = field(default=time(15, 30))

    def __post_init__(self) -> None:
        if not is_time_zone(self.time_zone):
            raise ValueError(f"{self.time_zone!r} is not a time zone: write Area/City, such as Europe/London")
        if not is_holidays_code(self.holidays):
            raise ValueError(
                f"{self.holidays!r} is not a code of public holidays: write one such as GB-WLS or IE"
            )
        if self.opens >= self.closes:
            raise ValueError(f"the day ends at {self.closes}, before it begins at {self.opens}")

    def teaches(self, day: date) -> bool:
        """Return whether the day is a teaching day."""
        return (
            day.weekday() <= FRIDAY
            and day not in self.closed
            and (not self.terms or any(term.first_day <= day <= term.last_day for term in self.terms))
            and not (self.holidays and day in public_holidays(self.holidays, day.year))
        )


@dataclass(frozen=True, slots=True)
class Availability:
    """The times at which one member may be written to: the school's days, their own days and hours, after any pause.

    Hours include their start and exclude their end. Every returned moment is aware and in UTC.
    """

    calendar: Calendar
    hours: Hours = EVERY_SCHOOL_DAY
    paused_until: date | None = None

    def __post_init__(self) -> None:
        if self.hours.start and self.hours.end and self.hours.start >= self.hours.end:
            raise ValueError(f"the hours end at {self.hours.end}, before they begin at {self.hours.start}")

    def works(self, day: date) -> bool:
        """Return whether this member may be written to on that day."""
        return (
            day.weekday() in self.hours.days
            and (self.paused_until is None or day >= self.paused_until)
            and self.calendar.teaches(day)
        )

    def moment(self, day: date, at: time) -> datetime:
        """Return the moment of a local time; in the spring gap the later one, in the autumn fold the first of two."""
        # fold=0 is exactly that rule: before the gap's or the fold's change, the old offset still holds.
        return datetime.combine(day, at.replace(fold=0), tzinfo=self._zone).astimezone(UTC)

    def ask_moment(self, day: date) -> datetime:
        """Return the asking time of this member's first day from `day` on; raises `NoTeachingDays`."""
        day = self._first_day_from(day)
        start, end = self._span(day)
        return max(start, min(self.moment(day, self.calendar.ask_at), end - LAST_CALL))

    def next_moment(self, after: datetime) -> datetime:
        """Return the first moment, from `after` on, at which this member may be written to; raises `NoTeachingDays`."""
        day = self._first_day_from(self.local_day(after))
        start, end = self._span(day)
        if after < end:
            return max(start, after.astimezone(UTC))
        return self._span(self._first_day_from(day + DAY))[0]

    def is_reachable(self, now: datetime) -> bool:
        """Return whether this member may be written to now."""
        day = self.local_day(now)
        start, end = self._span(day)
        return self.works(day) and start <= now < end

    def local(self, moment: datetime) -> datetime:
        """Return the moment in the school's time zone, to be shown and never stored."""
        return moment.astimezone(self._zone)

    def local_day(self, moment: datetime) -> date:
        """Return the date of a moment in the school."""
        return self.local(moment).date()

    def day_bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return when a day begins and, not included, ends in the school: 23, 24 or 25 hours."""
        return self.moment(day, time.min), self.moment(day + DAY, time.min)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.time_zone)

    def _first_day_from(self, day: date) -> date:
        for offset in range(SEARCHED_DAYS):
            if self.works(day + offset * DAY):
                return day + offset * DAY
        raise NoTeachingDays(day)

    def _span(self, day: date) -> tuple[datetime, datetime]:
        """Return the hours of a day; one hour at the member's own bound where it lies outside the school's."""
        start = self.moment(day, self.hours.start or self.calendar.opens)
        end = self.moment(day, self.hours.end or self.calendar.closes)
        if start < end:
            return start, end
        return (end - HOUR, end) if self.hours.end else (start, start + HOUR)


def shared_days(calendars: Sequence[Calendar], first: date) -> Iterator[date]:
    """Return the days from `first` on that all schools teach; raises `NoTeachingDays` where there are no more."""
    if not calendars:
        raise ValueError("days are shared by one calendar at least")
    day, searched_from = first, first
    while (day - searched_from).days < SEARCHED_DAYS:
        if all(calendar.teaches(day) for calendar in calendars):
            yield day
            searched_from = day + DAY
        day += DAY
    raise NoTeachingDays(searched_from)


def nth_shared_day(calendars: Sequence[Calendar], first: date, n: int) -> date:
    """Return the n-th day, counted from 1, that all schools teach; raises `NoTeachingDays`."""
    if n < 1:
        raise ValueError("days are counted from 1")
    return next(islice(shared_days(calendars, first), n - 1, None))


@lru_cache(maxsize=16)  # the same for every invitation of a cycle
def slowest_pair(calendars: tuple[Calendar, ...], first: date, n: int) -> tuple[date, tuple[int, int]]:
    """Return the latest `nth_shared_day` of any two calendars, and their indexes; of equals the last two."""
    window = [first + offset * DAY for offset in range(SEARCHED_DAYS)]
    days = [frozenset(day for day in window if each.teaches(day)) for each in calendars]
    latest = (date.min, (0, 0))
    for a, b in combinations(range(len(calendars)), 2):
        shared = sorted(days[a] & days[b])
        end = shared[n - 1] if len(shared) >= n else nth_shared_day([calendars[a], calendars[b]], first, n)
        latest = max(latest, (end, (a, b)))
    return latest


def last_day_of_week(calendar: Calendar, monday: date) -> date | None:
    """Return the last teaching day in the week of that Monday, or None in a holiday."""
    week = (monday + offset * DAY for offset in range(FRIDAY, -1, -1))
    return next((day for day in week if calendar.teaches(day)), None)


def mondays(first: date, last: date) -> tuple[date, ...]:
    """Return the Monday of every week that has a day from `first` to `last`."""
    monday = first - first.weekday() * DAY
    if first > last:
        return ()
    return tuple(monday + offset * DAY for offset in range(0, (last - monday).days + 1, 7))


@lru_cache(maxsize=1_000)
def public_holidays(code: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country or a part of it in one year."""
    import holidays  # noqa: PLC0415  # slow to import, and most processes never need it

    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


def is_holidays_code(code: str) -> bool:
    """Return whether `code` names public holidays, such as GB-WLS or IE; the empty code means none."""
    country, dash, part = code.partition("-")
    parts = _countries().get(country)
    return not code or (parts is not None and (part in parts if dash else True))


def holidays_codes() -> tuple[str, ...]:
    """Return every known code, for suggestions."""
    return tuple(
        f"{country}-{part}" if part else country
        for country, parts in _countries().items()
        for part in ("", *parts)
    )


@lru_cache(maxsize=1_000)
def is_time_zone(name: str) -> bool:
    """Return whether `name` is an IANA time zone, such as Pacific/Auckland."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name; a folder of zones
        return False
    return True


def has_city(name: str) -> bool:
    """Return whether `name` is an IANA time zone of a place, which knows its summer time: GMT and EST are none."""
    area, _, city = name.partition("/")
    return bool(city) and area not in ("Etc", "SystemV") and is_time_zone(name)


@cache
def _countries() -> dict[str, list[str]]:
    import holidays  # noqa: PLC0415  # as above

    return holidays.list_supported_countries()
