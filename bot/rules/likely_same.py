"""People and schools that an import takes for two, though a reader would ask whether they are one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.model.roster import Fault, Roster, RosterPerson, RosterSchool
from bot.rules.roster_difference import Difference
from bot.rules.spelling import folded, slug

SAME_PERSON, SAME_SCHOOL, NOT_BOTH = "roster.same-person", "roster.same-school", "roster.same-unknown"
"""Keys of the questions, and of the fault where an answer names somebody who is in no roster."""


def find_likely_same(stored: Roster, imported: Roster, changes: Difference) -> tuple[Fault, ...]:
    """Return a question for each who would become inactive, or school that is not named, beside a likely new one."""
    return (*_schools(stored, imported), *_people(changes))


def find_unknown(same: Mapping[str, str], stored: Roster, imported: Roster) -> tuple[Fault, ...]:
    """Return a fault for each old id that is not stored, or new id that the file does not name or that is stored."""
    before, after = _ids(stored), _ids(imported)
    return tuple(
        Fault("", None, "", NOT_BOTH, (("old", old), ("new", new)))
        for old, new in same.items()
        if not any(old in before[kind] and new in after[kind] - before[kind] for kind in (0, 1))
    )


def _ids(roster: Roster) -> tuple[set[str], set[str]]:
    return {each.source_id for each in roster.schools}, {each.source_id for each in roster.people}


def _people(changes: Difference) -> Iterator[Fault]:
    """Yield a question for each who has the address, or a school and the given name, of somebody new."""
    new: dict[tuple[str, str], RosterPerson] = {}
    for before, after in changes.people:
        if before is None:
            for each in _marks(after):
                new.setdefault(each, after)
    for before, after in changes.people:
        if before is not None and before.active and not after.active:
            found = next((new[each] for each in _marks(before) if each in new), None)
            if found is not None:
                yield _question(SAME_PERSON, _name(before), before.source_id, _name(found), found.source_id)


def _marks(person: RosterPerson) -> tuple[tuple[str, str], ...]:
    """Return what two rosters share of one person: the address, or the given name at one school."""
    return ("", person.email), *((school, folded(person.given_name)) for _, school in person.posts)


def _schools(stored: Roster, imported: Roster) -> Iterator[Fault]:
    known, named = ({each.source_id for each in roster.schools} for roster in (stored, imported))
    for before in stored.schools:
        for after in imported.schools:
            if before.source_id in named or after.source_id in known:
                continue
            if _is_spelled_anew(before, after) or _has_all_people(before, after, stored, imported):
                yield _question(SAME_SCHOOL, before.name, before.source_id, after.name, after.source_id)
                break


def _is_spelled_anew(before: RosterSchool, after: RosterSchool) -> bool:
    """Return whether the names are the same to a reader, and the file gives no id that says otherwise."""
    return folded(before.name) == folded(after.name) and after.source_id == slug(after.name)


def _has_all_people(before: RosterSchool, after: RosterSchool, stored: Roster, imported: Roster) -> bool:
    """Return whether everybody of a school, two people or more, is at the other one now."""
    was_there = [each for each in stored.people if each.active and _is_at(each, before)]
    there = [each for each in imported.people if _is_at(each, after)]
    ids, names = {each.source_id for each in there}, {folded(_name(each)) for each in there}
    return len(was_there) > 1 and all(
        each.source_id in ids or folded(_name(each)) in names for each in was_there
    )


def _is_at(person: RosterPerson, school: RosterSchool) -> bool:
    return any(each == school.source_id for _, each in person.posts)


def _name(person: RosterPerson) -> str:
    return f"{person.given_name} {person.family_name}".strip()


def _question(key: str, before: str, old: str, after: str, new: str) -> Fault:
    return Fault("", None, "", key, (("before", before), ("old", old), ("after", after), ("new", new)))
