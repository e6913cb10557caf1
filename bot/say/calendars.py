"""The texts of a calendar import: what was read, what was left out and why, and what is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.prompts import Voice
from bot.rules.calendar_file import ASKED, CalendarFile, LeftOut, Why

SHOWN = 30
COUNTED_ONLY = (Why.AT_A_TIME, Why.PAST, Why.CANCELLED, Why.MARKS, Why.ENVELOPE)
"""Reasons of which only a full answer shows the events."""


def lines(voice: Voice, school: str, found: CalendarFile, *, everything: bool) -> list[str]:
    """Return what a calendar said; with `everything`, also each span that was read and each event left out."""
    said = list(_spans(voice, found)) if everything else []
    said.append(voice.text("calendar-answer.counts", school=school, counts=counts(voice, found)))
    if found.has_days and not found.terms:
        said.append(voice.text("calendar-answer.no-terms"))
    asked = found.asked
    quiet = [] if everything else [each for each in found.left_out if each.why in COUNTED_ONLY]
    others = [each for each in found.left_out if each.why not in ASKED and each not in quiet]
    if others:
        said.append(voice.text("calendar-answer.left-out", n=len(others)))
        said += _left_out(voice, others, everything=everything)
    if quiet:
        said.append(voice.text("calendar-answer.quiet", n=len(quiet)))
    if asked:
        said.append(voice.text("calendar-answer.asked", n=len(asked)))
        said += _left_out(voice, asked, everything=everything)
        said.append(voice.text("calendar-answer.ask-next"))
    return said


def counts(voice: Voice, found: CalendarFile) -> str:
    """Return the numbers of terms and closed days as a phrase."""
    numbers = (
        voice.text("calendar-answer.terms", n=len(found.terms)),
        voice.text("calendar-answer.closed-days", n=len(found.closed)),
    )
    return voice.listing(numbers)


def _spans(voice: Voice, found: CalendarFile) -> Iterator[str]:
    for term in found.terms:
        days = _days(voice, term.first_day, term.last_day)
        yield voice.text("calendar-answer.term", title=term.title, days=days)
    for span in found.spans:
        days = _days(voice, span.first_day, span.last_day)
        yield voice.text("calendar-answer.closed", title=span.title, days=days)


def _left_out(voice: Voice, events: Sequence[LeftOut], *, everything: bool) -> list[str]:
    """Return a line for each title and reason, with the days of its first event and the number of the others."""
    groups: dict[tuple[str, Why], list[LeftOut]] = {}
    for each in events:
        groups.setdefault((each.title, each.why), []).append(each)
    said = []
    for (title, why), alike in groups.items():
        first = min(alike, key=lambda each: each.first_day or date.max)
        facts = {
            "title": title or voice.text("calendar-answer.no-title"),
            "days": _days(voice, first.first_day, first.last_day, first.written),
            "why": voice.text(f"calendar-why.{why}", written=first.written),
        }
        if len(alike) == 1:
            said.append(voice.text("calendar-answer.left-out-line", **facts))
        else:
            said.append(voice.text("calendar-answer.left-out-times", n=len(alike) - 1, **facts))
    if not everything and len(said) > SHOWN:
        return [*said[:SHOWN], voice.text("calendar-answer.more", n=len(said) - SHOWN)]
    return said


def _days(voice: Voice, first: date | None, last: date | None, written: str = "") -> str:
    """Return the days as they are written in a CSV, since the reader may have to write them there."""
    if first is None or last is None:
        return written or voice.text("calendar-answer.no-date")
    if first == last:
        return first.isoformat()
    return voice.text("calendar-answer.days", first=first.isoformat(), last=last.isoformat())
