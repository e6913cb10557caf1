"""The texts of a roster import: faults with their places, and the changes that it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.model.roster import ChangeKind, Fault, Roster
from bot.prompts import Voice
from bot.rules.roster_difference import RosterImport

SHOWN = 50
ROWS_NAMED = 20
"""The rows of one kind of remark that are named."""


def faults(voice: Voice, found: Sequence[Fault], last: str = "roster.nothing-changed") -> list[str]:
    """Return one line for each fault, then the line `last`."""
    return [*places(voice, found), voice.text(last)]


def places(voice: Voice, found: Sequence[Fault]) -> list[str]:
    """Return one line for each fault: its place, what is wrong and how to correct it."""
    lines = []
    for fault in found:
        place = [fault.file] if fault.file else []
        if fault.row is not None:
            place.append(voice.text("roster.row", row=fault.row))
        if fault.column:
            place.append(voice.text("roster.column", column=fault.column))
        text = voice.text(fault.key, **dict(fault.facts))
        lines.append(f"{', '.join(place)}: {text}" if place else text)
    return lines


def report(voice: Voice, roster: Roster, made: RosterImport, *, dry_run: bool) -> list[str]:
    """Return what an import did: before a real one also what was read, and always what was left out and why."""
    lines = [*changes(voice, made, roster.left_out), *remarks(voice, roster.remarks)]
    return [*read(voice, roster), "", *lines, voice.text("roster.dry-run")] if dry_run else lines


def read(voice: Voice, roster: Roster) -> list[str]:
    """Return a line for each school with the people who were read, as far as there is room."""
    lines = [voice.text("roster.read", n=len(roster.people))]
    for school in roster.schools[:SHOWN]:
        there = [
            voice.text(
                "roster.read-person",
                name=f"{each.given_name} {each.family_name}",
                roles=voice.listing(
                    [voice.text(f"role.{role}") for role, place in each.posts if place == school.source_id]
                ),
            )
            for each in roster.people
            if any(place == school.source_id for _, place in each.posts)
        ]
        more = [voice.text("roster.more-changes", n=len(there) - SHOWN)] if len(there) > SHOWN else []
        people = "; ".join(there[:SHOWN] + more) or "–"
        lines.append(voice.text("roster.read-school", school=school.name, people=people))
    return lines


def remarks(voice: Voice, found: Sequence[Fault]) -> list[str]:
    """Return one line for each kind of remark on a file, with its number of rows and the first of them."""
    rows: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], list[int]] = {}
    for each in found:
        rows.setdefault((each.key, each.file, each.column, each.facts), []).append(each.row or 0)
    lines = []
    for (key, file, column, facts), numbers in rows.items():
        named = ", ".join(map(str, numbers[:ROWS_NAMED])) + (" …" if len(numbers) > ROWS_NAMED else "")
        own: dict[str, str | int] = dict(facts)
        lines.append(voice.text(key, file=file, column=column, n=len(numbers), rows=named, **own))
    return lines


def changes(voice: Voice, made: RosterImport, left_out: int) -> list[str]:
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
    return lines
