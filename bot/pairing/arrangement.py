"""Arrange everybody of a cycle, or find a place for those who come late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from bot.model import Reason
from bot.pairing import quality
from bot.pairing.groups import Seats, pairs_and_threes
from bot.pairing.links import History, Links, Worth, match
from bot.pairing.quality import Person, Weights
from bot.pairing.trios import joining, trios

EVEN = Weights()


@dataclass(frozen=True, slots=True)
class Group:
    """People who meet; the first two are always of different schools."""

    member_ids: tuple[int, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody without a place. Reason: `one-school-too-large`, `blocked` or `alone`, keys of the content."""

    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Who meets whom in a cycle."""

    groups: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]
    repeats: int
    """How many pairs, those within threes too, have met before: never more than had to."""


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """Where late comers go; no live pairing is broken."""

    joined: tuple[tuple[int, int], ...]
    """Which group, by its place in those given, and the member who becomes its third."""
    new: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]


def arrange(
    people: Iterable[Person],
    *,
    history: History,
    blocked: Collection[frozenset[int]],
    on: date,
    size: int = 2,
    seed: int = 0,
    weights: Weights = EVEN,
) -> Arrangement:
    """The best groups: first a place for everybody, then no repeats, then quality; equals by lot.

    Nobody sits with anybody blocked, nor two of a school together, unless as the outer two of a three that
    places somebody who would be left out else. `size` is 2, or 3 where threes are wanted. The clocks of the
    week of `on` decide which free times are shared.
    """
    links = Links(
        people,
        rules=("quality", "age", "repeat", "mixed", "three", "cover"),
        history=history,
        blocked=blocked,
        on=on,
        weights=weights,
        seed=seed,
    )
    groups = trios(links, seed) if size == 3 else pairs_and_threes(links)
    placed = {each for group in groups for each in group}
    return Arrangement(
        groups=tuple(_with_reasons(links, group) for group in sorted(groups)),
        left_out=_left_out(links, links.people.keys() - placed),
        repeats=links.faults(groups).repeats,
    )


def rearrange(
    unplaced: Iterable[Person],
    groups: Sequence[tuple[int, ...]],
    everyone: Iterable[Person],
    *,
    history: History,
    blocked: Collection[frozenset[int]],
    on: date,
    seed: int = 0,
    weights: Weights = EVEN,
) -> Rearrangement:
    """A place for those who have none: new pairs among them, else as thirds of live pairs, never of threes.

    First a place for everybody, then three schools in a three, no repeats, few who join, quality.
    """
    unplaced = tuple(unplaced)
    links = Links(
        (*everyone, *unplaced),
        rules=("quality", "age", "three", "repeat", "mixed", "cover"),
        history=history,
        blocked=blocked,
        on=on,
        weights=weights,
        seed=seed,
    )
    late = sorted({person.id for person in unplaced})
    open_to_a_third = {
        index: group
        for index, group in enumerate(groups)
        if len(group) == 2 and all(each in links.people for each in group)
    }
    together: Worth = {
        ((0, a), (0, b)): 2 * links.units.cover + links.worth(a, b)
        for a, b in combinations(late, 2)
        if links.may_pair(a, b)
    }
    chosen = match(together | joining(links, late, open_to_a_third))
    joined = [(index, other) for (_, other), (is_group, index) in chosen if is_group]
    new = [(a, b) for (_, a), (is_group, b) in chosen if not is_group]
    # Three late comers may find no pair but each other's.
    rest = set(late) - {each for pair in new for each in pair} - {other for _, other in joined}
    thirds = {index: other for (_, other), (_, index) in match(joining(links, rest, dict(enumerate(new))))}
    grown = [(*pair, thirds[index]) if index in thirds else pair for index, pair in enumerate(new)]
    return Rearrangement(
        joined=tuple(sorted(joined)),
        new=tuple(_with_reasons(links, group) for group in grown),
        left_out=_left_out(links, rest - {*thirds.values()}),
    )


def _with_reasons(links: Links, group: Seats) -> Group:
    return Group(group, quality.reasons([links.people[each] for each in group], ties=links.ties))


def _left_out(links: Links, member_ids: Iterable[int]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(each, _why_left_out(links, each)) for each in sorted(member_ids))


def _why_left_out(links: Links, member_id: int) -> str:
    from_elsewhere = [each for each in links.people if links.school(each) != links.school(member_id)]
    colleagues = len(links.people) - len(from_elsewhere)
    may_meet = any(links.may_pair(member_id, each) for each in from_elsewhere)
    # Threes place two of a school for each of the others, but no more.
    if may_meet and colleagues > 2 * len(from_elsewhere):
        return "one-school-too-large"
    return "blocked" if any(links.is_blocked(member_id, each) for each in from_elsewhere) else "alone"
