"""Reading a day as people write it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from dateutil import parser as dates


def read_day(text: str, today: date, *, day_first: bool = True) -> date | None:
    """Return the next day that a text such as `until 12 May`, `12/5` or `2 weeks` means; None if it is no day."""
    tokens = text.casefold().replace(",", " ").split()
    while tokens and tokens[0] in ("until", "till", "to", "for", "on"):
        tokens.pop(0)
    cleaned = " ".join(tokens)
    if not cleaned or len(cleaned) > 40:
        return None
    match tokens:
        case ["tomorrow"]:
            return today + timedelta(days=1)
        case ["next", "week"]:
            return today + timedelta(days=7 - today.weekday())
        case [number, ("day" | "days" | "week" | "weeks") as unit] if (
            number in _NUMBERS or number.isdecimal()
        ):
            count = _NUMBERS.get(number) or int(number[:4])
            return today + timedelta(days=min(count, 400) * (7 if unit.startswith("week") else 1))
        case _:
            pass
    numbers = [int(each) for each in re.findall(r"\d+", cleaned)]
    # The parser would read the 32 in "32 May" as a year.
    if any(31 < each < 2000 or each > 2100 for each in numbers):
        return None
    try:
        start = datetime.combine(today if numbers else today.replace(day=1), time())
        iso = cleaned[:4].isdecimal()
        found = dates.parse(cleaned, default=start, dayfirst=day_first and not iso).date()
    except (ValueError, OverflowError, TypeError):  # the parser raises several types
        return None
    names_year = any(
        len(part) == 4 and part.isdecimal() for part in cleaned.replace("/", " ").replace("-", " ").split()
    )
    if names_year or found > today:
        return found
    try:
        return found.replace(year=found.year + 1)
    except ValueError:  # 29 February, and the next year has none
        return None


_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
