"""The result of reading a typed text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.model import Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The likeliest intent of a text, with what was found in it."""

    intent: Intent
    certain: bool
    """True: act on the intent; False: ask, with a button for the intent and one for each of `others`."""
    others: tuple[Intent, ...] = ()
    """At most two other intents to offer, the likelier first."""
    found: tuple[str, ...] = ()
    """Pupils' names (pupil_name), words about health (colleague_health), or the partners named (tell)."""
    since: date | None = None
    """The first day that the text names, such as in "from Friday"."""
    until: date | None = None
    """The day on which the writer is back or that the text proposes, such as in "until January"."""

    @property
    def choices(self) -> tuple[Intent, ...]:
        """The intents to offer as buttons when the reading is uncertain."""
        return (self.intent, *self.others)
