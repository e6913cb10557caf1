"""The difference between the stored roster and an imported one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from bot.model import Profile
from bot.model.roster import (
    PERSON_WITHOUT_SCHOOL,
    UNKNOWN_SCHOOL,
    ChangeKind,
    Fault,
    Roster,
    RosterChange,
    RosterError,
    RosterPerson,
    RosterSchool,
)
from bot.rules.premises import EndedPairing


@dataclass(frozen=True, slots=True)
class Difference:
    """Each school and person that changes: as stored (None: new) and as it will be."""

    schools: tuple[tuple[RosterSchool | None, RosterSchool], ...]
    people: tuple[tuple[RosterPerson | None, RosterPerson], ...]

    @property
    def changes(self) -> tuple[RosterChange, ...]:
        """The lines that `--dry-run` shows: schools first, in the roster's order; people who vanished last."""
        return (
            *(_school_change(before, after) for before, after in self.schools),
            *(_person_change(before, after) for before, after in self.people),
        )


@dataclass(frozen=True, slots=True)
class RosterImport:
    """The effects of an import: what changes in the roster, and the pairings that it ends."""

    changes: tuple[RosterChange, ...]
    ended: tuple[EndedPairing, ...] = ()


def difference(stored: Roster, imported: Roster) -> Difference:
    """Compare two rosters. Raises `RosterError` for a person without a school or at an unknown one."""
    _check_schools_of_people(stored, imported)
    return Difference(schools=tuple(_schools(stored, imported)), people=tuple(_people(stored, imported)))


def _check_schools_of_people(stored: Roster, imported: Roster) -> None:
    known = {school.source_id for roster in (stored, imported) for school in roster.schools}
    known_people = {person.source_id for person in stored.people}
    unknown = {school for person in imported.people for _, school in person.posts} - known
    faults = [(UNKNOWN_SCHOOL, ("school", school)) for school in sorted(unknown)]
    faults += [
        (PERSON_WITHOUT_SCHOOL, ("person", person.source_id))
        for person in imported.people
        if person.active and not person.posts and person.source_id not in known_people
    ]
    if faults:
        raise RosterError(tuple(Fault("", None, "", key, (fact,)) for key, fact in faults))


def _schools(stored: Roster, imported: Roster) -> Iterator[tuple[RosterSchool | None, RosterSchool]]:
    before_by_id = {school.source_id: school for school in stored.schools}
    for school in imported.schools:
        before = before_by_id.get(school.source_id)
        after = _filled(before, school)
        if after != before:
            yield before, after


def _filled(before: RosterSchool | None, school: RosterSchool) -> RosterSchool:
    """Return the school, with what the file does not say taken from what is stored."""
    if before is None:
        return school
    said = {field.name: getattr(school, field.name) for field in fields(school)}
    return replace(before, **{name: value for name, value in said.items() if value is not None})


def _people(stored: Roster, imported: Roster) -> Iterator[tuple[RosterPerson | None, RosterPerson]]:
    own_schools = frozenset(school.source_id for school in imported.schools)
    before_by_id = {person.source_id: person for person in stored.people}
    for person in imported.people:
        before = before_by_id.get(person.source_id)
        after = _as_named(before, person, own_schools, is_delta=imported.is_delta)
        if after is not None and after != before:
            yield before, after
    if not imported.is_delta:
        named = {person.source_id for person in imported.people}
        for before in stored.people:
            if before.active and before.source_id not in named:
                after = _as_not_named(before, own_schools)
                if after != before:
                    yield before, after


def _as_named(
    before: RosterPerson | None, person: RosterPerson, own_schools: frozenset[str], *, is_delta: bool
) -> RosterPerson | None:
    """Return a person named by the file as they will be; None for somebody unknown who has left."""
    person = replace(person, email=person.email.strip().lower())
    if before is None:
        return replace(person, profile=person.profile or Profile()) if person.active else None
    if not person.active:
        return replace(before, active=False)
    # A file speaks for its own schools: a post at another partner's school stays.
    elsewhere = () if is_delta else tuple(post for post in before.posts if post[1] not in own_schools)
    posts = (*person.posts, *(post for post in elsewhere if post not in person.posts))
    return replace(
        person,
        posts=posts if person.posts else before.posts,
        # What somebody has chosen in the bot since stays: a file only fills in what is empty.
        language=before.language,
        profile=before.profile if before.profile != Profile() else person.profile or Profile(),
    )


def _as_not_named(before: RosterPerson, own_schools: frozenset[str]) -> RosterPerson:
    """Return a person whom a full roster no longer names: inactive, or without posts at its schools."""
    elsewhere = tuple(post for post in before.posts if post[1] not in own_schools)
    return replace(before, posts=elsewhere) if elsewhere else replace(before, active=False)


def _school_change(before: RosterSchool | None, after: RosterSchool) -> RosterChange:
    if before is None:
        return RosterChange(ChangeKind.SCHOOL_ADDED, after.name)
    return RosterChange(ChangeKind.SCHOOL_CHANGED, after.name, _changed_fields(before, after))


def _person_change(before: RosterPerson | None, after: RosterPerson) -> RosterChange:
    name = f"{after.given_name} {after.family_name}".strip()
    if before is None:
        return RosterChange(ChangeKind.ADDED, name)
    if before.active and not after.active:
        return RosterChange(ChangeKind.INACTIVE, name)
    kind = ChangeKind.BACK if after.active and not before.active else ChangeKind.CHANGED
    return RosterChange(kind, name, _changed_fields(before, after))


def _changed_fields(before: RosterSchool | RosterPerson, after: RosterSchool | RosterPerson) -> str:
    names = [field.name for field in fields(after) if field.name != "active"]
    return ", ".join(name for name in names if getattr(before, name) != getattr(after, name))
