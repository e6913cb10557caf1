"""The texts of a roster import: faults with their places, and the changes that it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.model.roster import ChangeKind, Fault
from bot.prompts import Voice
from bot.rules.roster_difference import RosterImport

SHOWN = 50


def faults(voice: Voice, found: Sequence[Fault], last: str = "roster.nothing-changed") -> list[str]:
    """Return one line for each fault: its place, what is wrong and how to correct it; then the line `last`."""
    lines = []
    for fault in found:
        place = [fault.file]
        if fault.row is not None:
            place.append(voice.text("roster.row", row=fault.row))
        if fault.column:
            place.append(voice.text("roster.column", column=fault.column))
        lines.append(f"{', '.join(place)}: {voice.text(fault.key, **dict(fault.facts))}")
    return [*lines, voice.text(last)]


def changes(voice: Voice, made: RosterImport, left_out: int, *, dry_run: bool) -> list[str]:
    """Return the first changes one by one, then their counts, and each pairing that ends."""
    found = made.changes
    lines = [
        voice.text(f"roster.change-{each.kind}", name=each.name)
        + (f" ({each.detail})" if each.detail else "")
        for each in found[:SHOWN]
    ]
    if len(found) > SHOWN:
        lines.append(voice.text("roster.more-changes", n=len(found) - SHOWN))
    counts = Counter(each.kind for each in found)
    sums = [voice.text(f"roster.count-{kind}", n=counts[kind]) for kind in ChangeKind if counts[kind]]
    lines.append(
        voice.text("roster.sums", sums=voice.listing(sums)) if sums else voice.text("roster.no-change")
    )
    if left_out:
        lines.append(voice.text("roster.left-out", n=left_out))
    lines += [
        voice.text(
            f"roster.ends-{each.premise}",
            names=voice.listing(each.names),
            who=voice.listing(each.causes),
        )
        for each in made.ended
    ]
    if dry_run:
        lines.append(voice.text("roster.dry-run"))
    return lines
