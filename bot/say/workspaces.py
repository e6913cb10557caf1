"""What we say about workspaces: codes, and being let in."""

from __future__ import annotations

from datetime import datetime

from bot.message import Message, Quote, Text
from bot.prompts import Voice


def code(voice: Voice, school: str, code: str, until: datetime) -> Message:
    """The code by itself, to be copied, and what to do with it."""
    return Message(
        voice("school.summary", school=school),
        (
            Text(voice.md("school.lead", school=school)),
            Quote(f"link {code}"),
            Text(voice.md("school.foot", day=voice.day(until.date())), small=True),
        ),
    )


def linked(voice: Voice, school: str, partnership: str) -> Message:
    """The workspace is let in."""
    facts = {"school": school, "partnership": partnership}
    return Message(
        voice("linked.summary", **facts),
        (Text(voice.md("linked.lead", **facts)), Text(voice.md("linked.foot"), small=True)),
    )
