"""Arrange everybody of a cycle, or find a place for those who come late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations

from bot.model import Reason
from bot.pairing import quality
from bot.pairing.column_generation import Done
from bot.pairing.graph import Links, MatchingRules, Worth, match
from bot.pairing.groups import Seats
from bot.pairing.history import History, Past
from bot.pairing.levels import IN_ORDER, Placed, exact_among, place
from bot.pairing.quality import Person, Weights
from bot.pairing.trios import joining

EVEN = Weights()


@dataclass(frozen=True, slots=True)
class Group:
    """People who meet; the first two are always of different schools."""

    member_ids: tuple[int, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody without a place. Reason: a key of the content.

    `one-school-too-large`, `level` (nobody of theirs elsewhere), `slots` (never free when others are), `blocked` or
    `alone`.
    """

    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Who meets whom in a cycle."""

    groups: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]
    repeats: int
    """How many pairs, those within threes too, have met before: never more than had to."""
    value: int = 0
    """What all who sit side by side are worth to each other: hundredths of a point, as `quality.counted` has it."""
    bound: int = 0
    """What no other arrangement that places as many, and repeats as few, can be worth more than."""

    @property
    def gap(self) -> Fraction:
        """How much better any other arrangement could be at most, as a part of this one's value."""
        return Fraction(self.bound - self.value, self.value) if self.value else Fraction(self.bound)


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """Where late comers go; no live pairing is broken."""

    joined: tuple[tuple[int, int], ...]
    """Which group, by its place in those given, and the member who becomes its third."""
    new: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]


def arrange(  # noqa: PLR0913  # all that an arrangement depends on, each by its name
    people: Iterable[Person],
    *,
    history: History,
    blocked: Collection[frozenset[int]],
    on: date,
    size: int = 2,
    seed: int = 0,
    weights: Weights = EVEN,
    announced: Collection[frozenset[int]] = (),
    need_slot: bool = False,
    done: Done = lambda _: None,
) -> Arrangement:
    """The best groups: first a place for everybody, then no repeats, then quality; equals by lot.

    Nobody sits with anybody blocked or of another level, nor (if `need_slot`) without a free time that all share, nor
    two of a school together, unless as the outer two of a three that places somebody who would be left out else.
    `size` is 2, or 3 where threes are wanted. The clocks of the week of `on` decide which free times are shared.
    Pairs that were `announced` stay where little is lost by it. `done` is told which part of the work is.
    """
    everybody = {person.id: person for person in people}
    past = Past.of(history, everybody, on, weights)
    rules = MatchingRules(
        past=past,
        on=on,
        blocked=frozenset(blocked),
        announced=frozenset(announced),
        need_slot=need_slot,
        weights=weights,
        seed=seed,
    )
    placed = _level_by_level(everybody.values(), size, rules, done)
    groups = sorted(group for level in placed for group in level.groups)
    links = Links(everybody.values(), IN_ORDER, rules)
    value = sum(level.value for level in placed)
    return Arrangement(
        groups=tuple(_with_reasons(links, group) for group in groups),
        left_out=_left_out(links, everybody.keys() - {each for group in groups for each in group}),
        repeats=links.faults(groups).repeats,
        value=value,
        bound=value + sum(level.short for level in placed),
    )


def _level_by_level(people: Iterable[Person], size: int, rules: MatchingRules, done: Done) -> list[Placed]:
    levels: dict[str, list[Person]] = {}
    for person in sorted(people, key=lambda person: (person.level, person.id)):
        levels.setdefault(person.level, []).append(person)
    effort = {level: len(members) ** 2 for level, members in levels.items()}
    exact = exact_among(sum(map(len, levels.values())))
    placed, before = [], 0
    for level, members in levels.items():

        def so_far(part: float, before: int = before, own: int = effort[level]) -> None:
            done((before + part * own) / sum(effort.values()))

        placed.append(place(members, size, rules, so_far, exact=exact))
        so_far(1)
        before += effort[level]
    return placed


def rearrange(  # noqa: PLR0913  # the same
    unplaced: Iterable[Person],
    groups: Sequence[tuple[int, ...]],
    everyone: Iterable[Person],
    *,
    history: History,
    blocked: Collection[frozenset[int]],
    on: date,
    seed: int = 0,
    weights: Weights = EVEN,
    need_slot: bool = False,
) -> Rearrangement:
    """A place for those who have none: new pairs among them, else as thirds of live pairs, never of threes.

    First a place for everybody, then three schools in a three, no repeats, few who join, quality.
    """
    unplaced = tuple(unplaced)
    everybody = {person.id: person for person in (*everyone, *unplaced)}
    rules = MatchingRules(
        past=Past.of(history, everybody, on, weights),
        on=on,
        blocked=frozenset(blocked),
        need_slot=need_slot,
        weights=weights,
        seed=seed,
    )
    links = Links(everybody.values(), ("quality", "age", "three", "repeat", "mixed", "cover"), rules)
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


def why_left_out(
    member_ids: Iterable[int], people: Iterable[Person], *, blocked: Collection[frozenset[int]], on: date
) -> tuple[LeftOut, ...]:
    """Why some of these people could have no place, as far as the rules tell."""
    rules = MatchingRules(past=Past.of((), {}, on, EVEN), on=on, blocked=frozenset(blocked))
    return _left_out(Links(people, IN_ORDER, rules), member_ids)


def _with_reasons(links: Links, group: Seats) -> Group:
    return Group(group, quality.reasons([links.people[each] for each in group], ties=links.rules.past.ties))


def _left_out(links: Links, member_ids: Iterable[int]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(each, _why_left_out(links, each)) for each in sorted(member_ids))


def _why_left_out(links: Links, member_id: int) -> str:
    person = links.people[member_id]
    elsewhere = [each for each in links.people.values() if each.school_id != person.school_id]
    peers = [each.id for each in elsewhere if each.level == person.level]
    colleagues = sum(
        each.level == person.level and each.school_id == person.school_id for each in links.people.values()
    )
    # Threes place two of a school for each of the others, but no more.
    if colleagues > 2 * len(peers) and any(links.may_pair(member_id, each) for each in peers):
        return "one-school-too-large"
    if any(links.is_blocked(member_id, each) for each in peers):
        return "blocked"
    if elsewhere and not peers:
        return "level"
    if peers and not any(links.may_pair(member_id, each) for each in peers):
        return "slots"
    return "alone"
