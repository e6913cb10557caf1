"""The entry to pairing: arrange everybody of a cycle, or find places for late joiners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations

from bot.model import Reason
from bot.pairing import quality
from bot.pairing.column_generation import Report
from bot.pairing.graph import MatchingRules, PairGraph, Worth, match
from bot.pairing.groups import GroupIds
from bot.pairing.history import History, Past
from bot.pairing.levels import IN_ORDER, ArrangedLevel, arrange_level, exact_up_to
from bot.pairing.quality import Person, Weights
from bot.pairing.trios import joining_edges

DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Group:
    """A pair or trio with the reasons for it; the first two are always of different schools."""

    member_ids: tuple[int, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A person without a place, and the reason as a key of the content.

    `one-school-too-large`, `level` (nobody of their level elsewhere), `slots` (no shared free time), `blocked` or
    `alone`.
    """

    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The groups of a cycle, and the people left out."""

    groups: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]
    repeats: int
    """Pairs that have met before, those within trios included."""
    value: int = 0
    """The quality of all pairs and of the two edges of each trio: hundredths of a point, by `quality.weigh_fit`."""
    bound: int = 0
    """An upper bound of the value of all arrangements that place as many people and repeat as few pairs."""

    @property
    def gap(self) -> Fraction:
        """The most by which another arrangement could be better, as a fraction of the value."""
        return Fraction(self.bound - self.value, self.value) if self.value else Fraction(self.bound)


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """Places for late joiners; no live pairing is broken."""

    joined: tuple[tuple[int, int], ...]
    """(index of a given group, member who becomes its third)."""
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
    weights: Weights = DEFAULT_WEIGHTS,
    announced: Collection[frozenset[int]] = (),
    need_slot: bool = False,
    report: Report = lambda _: None,
) -> Arrangement:
    """Return the best groups: first a place for everybody, then no repeats, then quality; equals by a seeded draw.

    Never grouped are people who are blocked, of different levels, or (if `need_slot`) without a shared free time; two
    of a school only as the outer two of a trio that places somebody who would be left out otherwise. `size` is 2, or
    3 where trios are wanted. The clocks of the week of `on` decide which free times are shared. Pairs that were
    `announced` stay where little is lost. `report` is called with the part of the work that is done.
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
    placed = _arrange_levels(everybody.values(), size, rules, report)
    groups = sorted(group for level in placed for group in level.groups)
    graph = PairGraph(everybody.values(), IN_ORDER, rules)
    value = sum(level.value for level in placed)
    return Arrangement(
        groups=tuple(_with_reasons(graph, group) for group in groups),
        left_out=_left_out(graph, everybody.keys() - {each for group in groups for each in group}),
        repeats=graph.faults(groups).repeats,
        value=value,
        bound=value + sum(level.gap for level in placed),
    )


def _arrange_levels(
    people: Iterable[Person], size: int, rules: MatchingRules, report: Report
) -> list[ArrangedLevel]:
    levels: dict[str, list[Person]] = {}
    for person in sorted(people, key=lambda person: (person.level, person.id)):
        levels.setdefault(person.level, []).append(person)
    effort = {level: len(members) ** 2 for level, members in levels.items()}
    exact = exact_up_to(sum(map(len, levels.values())))
    placed, before = [], 0
    for level, members in levels.items():

        def report_level(part: float, before: int = before, own: int = effort[level]) -> None:
            report((before + part * own) / sum(effort.values()))

        placed.append(arrange_level(members, size, rules, report_level, exact=exact))
        report_level(1)
        before += effort[level]
    return placed


def rearrange(  # noqa: PLR0913  # all that the places depend on, each by its name
    unplaced: Iterable[Person],
    groups: Sequence[tuple[int, ...]],
    everyone: Iterable[Person],
    *,
    history: History,
    blocked: Collection[frozenset[int]],
    on: date,
    seed: int = 0,
    weights: Weights = DEFAULT_WEIGHTS,
    need_slot: bool = False,
) -> Rearrangement:
    """Place those who have no partner: in new pairs among them, else as thirds of live pairs.

    In this order: a place for everybody, three schools in a trio, no repeats, few who join a live pair, quality.
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
    graph = PairGraph(everybody.values(), ("quality", "age", "three", "repeat", "mixed", "cover"), rules)
    late = sorted({person.id for person in unplaced})
    open_to_a_third = {
        index: group
        for index, group in enumerate(groups)
        if len(group) == 2 and all(each in graph.people for each in group)
    }
    together: Worth = {
        ((0, a), (0, b)): 2 * graph.units.cover + graph.worth(a, b)
        for a, b in combinations(late, 2)
        if graph.may_pair(a, b)
    }
    chosen = match(together | joining_edges(graph, late, open_to_a_third))
    joined = [(index, other) for (_, other), (is_group, index) in chosen if is_group]
    new = [(a, b) for (_, a), (is_group, b) in chosen if not is_group]
    # Three late joiners may only have each other: two of them are a pair by now, which the third joins.
    rest = set(late) - {each for pair in new for each in pair} - {other for _, other in joined}
    thirds = {
        index: other for (_, other), (_, index) in match(joining_edges(graph, rest, dict(enumerate(new))))
    }
    grown = [(*pair, thirds[index]) if index in thirds else pair for index, pair in enumerate(new)]
    return Rearrangement(
        joined=tuple(sorted(joined)),
        new=tuple(_with_reasons(graph, group) for group in grown),
        left_out=_left_out(graph, rest - {*thirds.values()}),
    )


def why_left_out(
    member_ids: Iterable[int], people: Iterable[Person], *, blocked: Collection[frozenset[int]], on: date
) -> tuple[LeftOut, ...]:
    """Return the reasons why these members could have no place, as far as the rules tell."""
    rules = MatchingRules(past=Past.of((), {}, on, DEFAULT_WEIGHTS), on=on, blocked=frozenset(blocked))
    return _left_out(PairGraph(people, IN_ORDER, rules), member_ids)


def _with_reasons(graph: PairGraph, group: GroupIds) -> Group:
    return Group(group, quality.reasons([graph.people[each] for each in group], ties=graph.rules.past.ties))


def _left_out(graph: PairGraph, member_ids: Iterable[int]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(each, _why_left_out(graph, each)) for each in sorted(member_ids))


def _why_left_out(graph: PairGraph, member_id: int) -> str:
    person = graph.people[member_id]
    elsewhere = [each for each in graph.people.values() if each.school_id != person.school_id]
    peers = [each.id for each in elsewhere if each.level == person.level]
    colleagues = sum(
        each.level == person.level and each.school_id == person.school_id for each in graph.people.values()
    )
    # Trios place two of a school for each member of the others, but no more.
    if colleagues > 2 * len(peers) and any(graph.may_pair(member_id, each) for each in peers):
        return "one-school-too-large"
    if any(graph.is_blocked(member_id, each) for each in peers):
        return "blocked"
    if elsewhere and not peers:
        return "level"
    if peers and not any(graph.may_pair(member_id, each) for each in peers):
        return "slots"
    return "alone"
