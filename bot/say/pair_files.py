"""The texts of `jpd pair`: the rows of the file that it writes, and the summary that it prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.pairing import Arrangement
from bot.prompts import Voice
from bot.say.basics import label
from bot.say.pairings import proof, reasons_why

SHOWN = 20


def rows(
    voice: Voice, made: Arrangement, names: Mapping[int, str], schools: Mapping[int, str]
) -> Iterator[tuple[int, str, str]]:
    """Yield group number, name and reasons for every person in a group."""
    for number, group in enumerate(made.groups, start=1):
        why = reasons_why(voice, group.reasons, len(group.member_ids), names, schools)
        for each in group.member_ids:
            yield number, names[each], why


def left_out(voice: Voice, made: Arrangement, names: Mapping[int, str]) -> list[tuple[str, str]]:
    """Return the name of every person without a group, and the reason."""
    return [(names[each.member_id], label(voice, "left-out", each.reason)) for each in made.left_out]


def summary(voice: Voice, made: Arrangement, names: Mapping[int, str]) -> Iterator[str]:
    """Yield the lines of the summary: how many groups, how good they are, and who is left out."""
    yield voice.text("pair.done", n=len(made.groups))
    yield proof(voice, made.gap, voice.text)
    if made.repeats:
        yield voice.text("preview.repeats", n=made.repeats)
    alone = left_out(voice, made, names)
    if alone:
        yield voice.text("preview.left-out", n=len(alone))
    for name, reason in alone[:SHOWN]:
        yield voice.text("preview.left-out-line", name=name, reason=reason)
    if len(alone) > SHOWN:
        yield voice.text("pair.more-left-out", n=len(alone) - SHOWN)
