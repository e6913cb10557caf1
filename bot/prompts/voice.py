"""The voice of one language: sentences by key with their facts, dates, times and lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.prompts.content import Sentence, locale_of
from bot.prompts.markdown import put, without_unknown

_SOON = dt.timedelta(days=7)


class Voice:
    """The texts of one language. An unknown key or a missing fact raises `KeyError`."""

    def __init__(self, language: str, texts: Mapping[str, Sentence]) -> None:
        self.language = language
        self._texts = texts
        self._plain = {key: text.plain() for key, text in texts.items()}
        self._locale = locale_of(language)

    def text(self, key: str, /, **facts: str | int) -> str:
        """Return a sentence as plain text, for labels, titles and summaries."""
        return self._say(self._plain, key, facts, md=False)

    def markdown(self, key: str, /, **facts: str | int) -> str:
        """Return a sentence as Markdown, with escaped facts."""
        return self._say(self._texts, key, facts, md=True)

    def fill(self, text: str, facts: Mapping[str, str], *, md: bool) -> str:
        """Return a pack's text with its facts; a line of which a fact is empty is left out."""
        return put(without_unknown(text, facts), facts, md=md)

    def has(self, key: str) -> bool:
        """Return whether there is a sentence of that key."""
        return key in self._texts

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the rest of each key that begins with `prefix.`, in order of the file: the entries of a list."""
        start = f"{prefix}."
        return tuple(key.removeprefix(start) for key in self._texts if key.startswith(start))

    @staticmethod
    def _say(texts: Mapping[str, Sentence], key: str, facts: Mapping[str, str | int], *, md: bool) -> str:
        text = texts[key]
        try:
            return put(text.form(facts), facts, md=md)
        except KeyError as missing:
            raise KeyError(f"{key} needs the fact {missing}") from None

    # --- dates, times and lists ----------------------------------------------------------------------------

    def weekday(self, day: dt.date) -> str:
        """Return the weekday: Friday."""
        return format_date(day, "EEEE", self._locale)

    def day(self, day: dt.date) -> str:
        """Return the day: Friday 4 December."""
        return self.text(
            "moment.day", weekday=self.weekday(day), date=format_skeleton("MMMMd", day, locale=self._locale)
        )

    def month(self, day: dt.date) -> str:
        """Return the month: December 2026."""
        return format_skeleton("yMMMM", day, locale=self._locale)

    def day_and_month(self, day: dt.date) -> str:
        """Return the day without its weekday: 4 Dec."""
        return format_skeleton("MMMd", day, locale=self._locale)

    def time(self, moment: dt.datetime | dt.time) -> str:
        """Return the time of day in the moment's own time zone: 17:00."""
        clock = moment.time() if isinstance(moment, dt.datetime) else moment.replace(tzinfo=None)
        return format_time(clock, "short", locale=self._locale)

    def until(self, moment: dt.datetime, today: dt.date) -> str:
        """Return a deadline: Friday 17:00 within the next seven days, else Friday 4 December, 17:00; in school time."""
        day, clock = moment.date(), self.time(moment)
        if dt.timedelta() <= day - today < _SOON:
            return self.text("moment.soon", weekday=self.weekday(day), time=clock)
        return self.text("moment.later", day=self.day(day), time=clock)

    def at(self, moment: dt.datetime, today: dt.date) -> str:
        """Return a moment to come: at 17:00 if it is today, else on Friday 4 December at 17:00; in school time."""
        day, clock = moment.date(), self.time(moment)
        if day == today:
            return self.text("moment.today", time=clock)
        return self.text("moment.other-day", day=self.day(day), time=clock)

    def tenths(self, tenths: int) -> str:
        """Return tenths as a decimal number: 0.1."""
        return format_decimal(Decimal(tenths) / 10, locale=self._locale)

    def listing(self, items: Iterable[str]) -> str:
        """Return a list as text: A, B and C."""
        return format_list(list(items), locale=self._locale)
