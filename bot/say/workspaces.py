"""Messages about linking a workspace to a school."""

from __future__ import annotations

from datetime import datetime

from bot.message import Message, Quote, Text
from bot.prompts import Voice


def code(voice: Voice, school: str, code: str, until: datetime) -> Message:
    """Show a coordinator a link code, and what to do with it."""
    return Message(
        voice.text("school.summary", school=school),
        (
            Text(voice.markdown("school.lead", school=school)),
            Quote(f"link {code}"),
            Text(voice.markdown("school.foot", day=voice.day(until.date())), small=True),
        ),
    )


def linked(voice: Voice, school: str, partnership: str) -> Message:
    """Confirm that the workspace is linked."""
    facts = {"school": school, "partnership": partnership}
    return Message(
        voice.text("linked.summary", **facts),
        (Text(voice.markdown("linked.lead", **facts)), Text(voice.markdown("linked.foot"), small=True)),
    )
