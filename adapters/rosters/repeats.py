"""The days of repeated whole-day events, within one budget for a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr
from icalendar import Component

from adapters.rosters.whole_days import as_text, nearest_day

# Only parts of a rule that always recur: others can be combined into days that never come (30 February), for which
# the library would look until the year 9999.
PARTS = {
    "DAILY": frozenset[str](),
    "WEEKLY": frozenset({"BYDAY"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYDAY", "BYMONTH", "BYMONTHDAY"}),
}
COMMON_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
LONGEST_INTERVAL = 52
LAST_DAY_OF_FEBRUARY = 29
WEEKDAY = re.compile(r"[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU)")
PLAIN_WEEKDAY = re.compile(r"MO|TU|WE|TH|FR|SA|SU")
MOST_DAYS = 20_000
"""What a file may expand to, days of repeated and of single events together."""


class TooManyDays(Exception):
    """The budget of a file is spent."""


class Budget:
    """The days that a file may still expand to."""

    def __init__(self) -> None:
        self._left = MOST_DAYS

    def spend(self, days: int) -> None:
        """Take days from the budget. Raises `TooManyDays`."""
        self._left -= days
        if self._left < 0:
            raise TooManyDays


def repeats(event: Component) -> bool:
    """Return whether the event has a rule or further dates, readable or not."""
    return "RRULE" in event or "RDATE" in event


def first_days(
    event: Component, first: date, until: date, zone: ZoneInfo | None, budget: Budget, length: int
) -> Iterator[date]:
    """Yield the first day of each occurrence up to `until`; raises `ValueError` for a rule that is not supported.

    Each occurrence costs `length` days of the budget.
    """
    left_out = set(_dates(event, "EXDATE", zone))
    days = {first, *_dates(event, "RDATE", zone)}
    for day in sorted(each for each in days if each <= until):
        budget.spend(length)
        if day not in left_out:
            yield day
    rule = _rule(event)
    if not rule:
        return
    _check(rule)
    for moment in rrulestr(_with_whole_days(rule, zone), dtstart=datetime.combine(first, time())):
        day = moment.date()
        if day > until:
            return
        budget.spend(length)
        if day not in left_out and day not in days:
            yield day


def _rule(event: Component) -> icalendar.vRecur | None:
    """Return the rule, or None if there is none. Raises `ValueError` for what is no rule."""
    found = event.get("RRULE")
    if found is None:
        return None
    if not isinstance(found, icalendar.vRecur) or not found:
        raise ValueError("no rule, or more than one")
    return found


def _dates(event: Component, name: str, zone: ZoneInfo | None) -> Iterator[date]:
    found = event.get(name, [])
    for dates in found if isinstance(found, list) else [found]:
        listed: list[icalendar.vDDDTypes] | None = getattr(dates, "dts", None)
        if listed is None:
            raise ValueError("no dates")
        for each in listed:
            value = (
                each.dt[0] if isinstance(each.dt, tuple) else each.dt
            )  # a period begins with its first moment
            if isinstance(value, date):
                yield nearest_day(value, zone)


def _with_whole_days(rule: icalendar.vRecur, zone: ZoneInfo | None) -> str:
    """Return the rule with the day of its UNTIL: the occurrences are days without a zone."""
    text = as_text(rule)
    until = rule.get("UNTIL")
    if not until:
        return text
    [last] = until
    is_end_of_day = isinstance(last, datetime) and last.time() >= time(23, 59)
    day = last.date() if is_end_of_day else nearest_day(last, zone)
    parts = [part for part in text.split(";") if not part.startswith("UNTIL=")]
    return ";".join([*parts, f"UNTIL={day:%Y%m%d}"])


def _check(rule: icalendar.vRecur) -> None:
    """Raise `ValueError` for a rule that repeats within a day or may have no next day."""
    (frequency,) = rule.get("FREQ", [])
    (interval,) = rule.get("INTERVAL", [1])
    (count,) = rule.get("COUNT", [1])
    is_known = rule.keys() <= COMMON_PARTS | PARTS.get(frequency, frozenset())
    weekdays, positions = rule.get("BYDAY", []), rule.get("BYSETPOS", [1])
    month_days = [abs(each) for each in rule.get("BYMONTHDAY", [1])]
    if (
        frequency not in PARTS
        or not is_known
        or not 1 <= interval <= LONGEST_INTERVAL
        or count < 1
        or not all(WEEKDAY.fullmatch(str(each)) for each in weekdays)
        or not {*positions} <= {1, -1}
        or ("BYMONTH" in rule and "BYMONTHDAY" in rule and min(month_days) > LAST_DAY_OF_FEBRUARY)
        or ("BYMONTHDAY" in rule and not all(PLAIN_WEEKDAY.fullmatch(str(each)) for each in weekdays))
    ):
        raise ValueError("a rule that is not supported")
