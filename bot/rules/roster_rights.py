"""A roster that the coordinator of some schools brings: who is meant in it, and what it says of other schools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.model import Member, Role, School
from bot.model.roster import Roster, RosterPerson
from bot.rules.roster_difference import Difference
from bot.rules.spelling import folded


def with_known_ids(roster: Roster, own: Sequence[School], stored: Sequence[Member]) -> Roster:
    """Return the roster with our ids for the coordinator's own schools by name, and for people by e-mail address.

    A file made by hand often has no ids, while those of the school's own system are stored.
    """
    by_name = {folded(each.name): each.source_id for each in own}
    by_email = {each.email: each.source_id for each in stored if each.email}
    schools = _new_ids({each.source_id: by_name.get(folded(each.name), "") for each in roster.schools})
    people = _new_ids(
        {each.source_id: by_email.get(each.email.strip().lower(), "") for each in roster.people}
    )
    return replace(
        roster,
        schools=tuple(
            replace(each, source_id=schools.get(each.source_id, each.source_id)) for each in roster.schools
        ),
        people=tuple(
            replace(
                each,
                source_id=people.get(each.source_id, each.source_id),
                posts=tuple((role, schools.get(school, school)) for role, school in each.posts),
            )
            for each in roster.people
        ),
    )


def _new_ids(known_by_id: Mapping[str, str]) -> Mapping[str, str]:
    """Return the known id by the file's own, where the file itself names nobody else by the known one."""
    counts = Counter(known_by_id.values())
    return {
        old: known
        for old, known in known_by_id.items()
        if known and known not in known_by_id and counts[known] == 1
    }


def find_other_schools(
    roster: Roster, changes: Difference, own: Collection[str], posts_by_email: Mapping[str, Collection[str]]
) -> list[str]:
    """Return the ids of the schools, beside a coordinator's `own`, of which their roster says something.

    People at other schools keep their name and their e-mail address, by which the bot knows them, and nobody new
    gets the address of one of them. `posts_by_email`: the schools of everybody who is stored.
    """
    touched = {school.source_id for school in roster.schools}
    touched |= {school for person in roster.people for _, school in person.posts}
    for before, after in changes.people:
        if before is None:
            touched |= {*posts_by_email.get(after.email, ())}
        elif _identity(before) != _identity(after):
            touched |= {school for _, school in before.posts}
            touched |= {*posts_by_email.get(after.email, ())}
    return sorted(touched - {*own})


def find_lost_schools(changes: Difference, person_id: str) -> frozenset[str]:
    """Return the ids of the schools at which this person would be coordinator no more."""
    lost: set[str] = set()
    for before, after in changes.people:
        if before is not None and before.source_id == person_id:
            kept = after.posts if after.active else ()
            lost |= {
                school
                for role, school in before.posts
                if role is Role.COORDINATOR and (role, school) not in kept
            }
    return frozenset(lost)


def _identity(person: RosterPerson) -> tuple[str, str, str, bool]:
    return person.given_name, person.family_name, person.email, person.active
