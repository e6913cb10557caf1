"""The bot's voice in one language: sentences by key with their facts, dates and lists as people say them."""

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
    """Speaks one language. An unknown key, or a word in braces without its fact, is a `KeyError`."""

    def __init__(self, language: str, texts: Mapping[str, Sentence]) -> None:
        self.language = language
        self._texts = texts
        self._plain = {key: text.plain() for key, text in texts.items()}
        self._locale = locale_of(language)

    def text(self, key: str, /, **facts: str | int) -> str:
        """The words alone, for labels, titles and summaries: marks are taken off, facts stand as they are."""
        return self._say(self._plain, key, facts, md=False)

    def markdown(self, key: str, /, **facts: str | int) -> str:
        """The text as Markdown, in which no character of a fact is a mark, HTML or a link."""
        return self._say(self._texts, key, facts, md=True)

    def fill(self, text: str, facts: Mapping[str, str], *, md: bool) -> str:
        """A pack's wording with its known words; a line with a word that is still empty is left out."""
        return put(without_unknown(text, facts), facts, md=md)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts

    def keys(self, prefix: str) -> tuple[str, ...]:
        """The rest of each key that begins with `prefix.`, as ordered in the file: what a list offers."""
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
        """Friday."""
        return format_date(day, "EEEE", self._locale)

    def day(self, day: dt.date) -> str:
        """Friday 4 December."""
        return self.text(
            "moment.day", weekday=self.weekday(day), date=format_skeleton("MMMMd", day, locale=self._locale)
        )

    def month(self, day: dt.date) -> str:
        """December 2026."""
        return format_skeleton("yMMMM", day, locale=self._locale)

    def day_and_month(self, day: dt.date) -> str:
        """4 Dec: where the weekday goes without saying."""
        return format_skeleton("MMMd", day, locale=self._locale)

    def time(self, moment: dt.datetime | dt.time) -> str:
        """17:00, by the moment's own clock."""
        clock = moment.time() if isinstance(moment, dt.datetime) else moment.replace(tzinfo=None)
        return format_time(clock, "short", locale=self._locale)

    def until(self, moment: dt.datetime, today: dt.date) -> str:
        """Friday 17:00 within the next seven days, else Friday 4 December, 17:00; both in school time."""
        day, clock = moment.date(), self.time(moment)
        if dt.timedelta() <= day - today < _SOON:
            return self.text("moment.soon", weekday=self.weekday(day), time=clock)
        return self.text("moment.later", day=self.day(day), time=clock)

    def tenths(self, tenths: int) -> str:
        """0.1, by the language's own point."""
        return format_decimal(Decimal(tenths) / 10, locale=self._locale)

    def listing(self, items: Iterable[str]) -> str:
        """A, B and C."""
        return format_list(list(items), locale=self._locale)
