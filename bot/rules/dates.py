"""Reading a day as people write it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from dateutil import parser as dates
from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from bot.rules.spelling import DASH

_QUOTATION_MARKS = dict.fromkeys(map(ord, '"\u201c\u201d\u201e\u00ab\u00bb'))


def read_day(text: str, today: date, *, day_first: bool = True) -> date | None:
    """Return the next day that a text such as `until 12 May`, `12/5` or `2 weeks` means; None if it is no day."""
    # Keyboards turn a hyphen between numbers into a dash, and put quotation marks around.
    plain = re.sub(DASH, "-", text).translate(_QUOTATION_MARKS)
    tokens = plain.casefold().replace(",", " ").split()
    while tokens and tokens[0] in ("until", "till", "to", "for", "on"):
        tokens.pop(0)
    cleaned = " ".join(tokens)
    if not cleaned or len(cleaned) > 40:
        return None
    if (named := _named_day(cleaned, today)) is not None:
        return named
    match tokens:
        case ["tomorrow" | "tmrw" | "tomoz"]:
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
    if re.fullmatch(r"(?:the )?\d{1,2}(?:st|nd|rd|th)?", cleaned) and found <= today:
        return found + relativedelta(months=1)
    names_year = any(
        len(part) == 4 and part.isdecimal() for part in cleaned.replace("/", " ").replace("-", " ").split()
    )
    if names_year or found > today:
        return found
    try:
        return found.replace(year=found.year + 1)
    except ValueError:  # 29 February, and the next year has none
        return None


def days_in(text: str, today: date) -> tuple[date | None, date | None]:
    """Return the first day of an absence that a text names, and the day on which it ends or that is proposed."""
    words = re.findall(r"[\w'/.-]+", text.casefold())
    since = _after(words, _SINCE, today)
    # "For two weeks" and "until Friday" count from the day on which the absence begins.
    until = _after(words, _UNTIL, since or today)
    if until is None:
        starts = [start for start, word in enumerate(words) if word not in _ALSO_WORDS]
        others = [start for start in starts if _day_at(words, start, today) not in (None, since)]
        until = _day_at(words, others[-1], since or today) if others else None
    return since, until


def _after(words: list[str], markers: frozenset[str], today: date) -> date | None:
    """Return the first day that follows one of these words."""
    for start, word in enumerate(words):
        if word in markers and (day := _day_at(words, start + 1, today)) is not None:
            return day
    return None


def _day_at(words: list[str], start: int, today: date) -> date | None:
    """Return the day that is written from a word on, as long as possible."""
    while start < len(words) and words[start] in _FILLERS:
        start += 1
    for length in (4, 3, 2, 1):
        tokens = words[start : start + length]
        if len(tokens) == length and tokens[-1] not in _UNTIL | _SINCE and _may_be_day(tokens):
            day = read_day(" ".join(tokens), today)
            if day is not None:
                return day
    return None


def _may_be_day(tokens: list[str]) -> bool:
    """Return True for words of which each belongs to a day, so that 4 groups or 10 pupils are none."""
    if len(tokens) == 1:
        return bool(re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)|\d{1,2}/\d{1,2}(?:/\d{2,4})?", tokens[0])) or (
            not tokens[0].isdecimal() and _is_day_word(tokens[0])
        )
    return all(
        _is_day_word(token) or token in _NUMBERS or re.fullmatch(r"\d{1,4}(?:st|nd|rd|th)?", token)
        for token in tokens
    )


def _is_day_word(token: str) -> bool:
    return token in _DAY_WORDS or token in _WEEKDAYS or bool(re.fullmatch(_MONTH, token))


def _named_day(cleaned: str, today: date) -> date | None:
    """Return the next day of that name: a weekday, Easter, Christmas or New Year."""
    name = re.sub(r"^(?:this|next|the|on|after)\s+", "", cleaned)
    if name in _WEEKDAYS:
        ahead = (_WEEKDAYS[name] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if name in ("christmas", "xmas"):
        return _next(date(today.year, 12, 25), today)
    if name in ("new year", "new years"):
        return date(today.year + 1, 1, 1)
    if name == "easter":
        found = easter(today.year)
        return found if found > today else easter(today.year + 1)
    return None


def _next(day: date, today: date) -> date:
    return day if day > today else day.replace(year=day.year + 1)


_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NAMES_OF_WEEKDAYS = (
    ("monday", "mon", "mondays"),
    ("tuesday", "tue", "tues", "tuesdays"),
    ("wednesday", "wed", "weds", "wednesdays"),
    ("thursday", "thu", "thur", "thurs", "thursdays"),
    ("friday", "fri", "fridays"),
    ("saturday", "sat"),
    ("sunday", "sun"),
)
_WEEKDAYS = {name: number for number, names in enumerate(_NAMES_OF_WEEKDAYS) for name in names}
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY_WORDS = frozenset(
    {"tomorrow", "tmrw", "tomoz", "next", "week", "weeks", "day", "days", "of", "easter", "christmas", "xmas"}
    | {"new", "year", "the", "after", "this"}
)
_ALSO_WORDS = frozenset({"may", "march", "mar", "sat", "sun"})
"""Days and months that are words, too: read as days after "until" and the like only."""
_SINCE = frozenset({"from", "starting", "since", "beginning"})
_UNTIL = frozenset({"until", "till", "til", "'til", "untill", "for", "back", "returning", "to"})
_FILLERS = frozenset({"the", "about", "around", "after", "on", "in", "at", "of"})
