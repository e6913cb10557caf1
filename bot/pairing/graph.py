"""Who may sit with whom, what that is worth, and the exact matching of what is worth most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import blake2b
from itertools import combinations
from typing import NamedTuple

import numpy as np
import rustworkx

from bot.pairing.free_times import common, meeting
from bot.pairing.history import Past
from bot.pairing.quality import MOST_WORTH, Person, Weights, score_fit, weigh_fit
from bot.pairing.scores import Values

LOT = 2**30
"""Lots decide between equals; many enough that no two arrangements draw the same."""

LOYALTY = 3_000
"""What it counts that an announced pair stays: fifteen points, twice."""

Pair = tuple[int, int]
Node = tuple[int, ...]
Worth = dict[tuple[Node, Node], int]
"""What may be matched, the lesser node first, with what it is worth."""


def match(worth: Worth) -> list[tuple[Node, Node]]:
    """The edges of the matching whose sum is greatest: exact, in integers, the same whatever the order."""
    nodes = sorted({node for edge in worth for node in edge})
    index = {node: number for number, node in enumerate(nodes)}
    graph: rustworkx.PyGraph[None, int] = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from([None] * len(nodes))
    graph.add_edges_from([(index[a], index[b], worth[a, b]) for a, b in sorted(worth)])
    chosen = rustworkx.max_weight_matching(graph, weight_fn=int)
    return sorted((nodes[min(edge)], nodes[max(edge)]) for edge in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """What each rule weighs: so far apart that all of a lesser one never outweigh one of a greater."""

    quality: int
    age: int
    repeat: int
    mixed: int
    three: int
    cover: int

    @classmethod
    def in_order(cls, rules: Sequence[str], *, people: int, cycles: int) -> Units:
        """Units for the rules, the least first; the lot is below them all."""
        most = {"quality": MOST_WORTH + LOYALTY, "age": cycles}
        units, unit, below = {}, 1, LOT
        for name in rules:
            # Twice, because an arrangement has fewer pairs that sit together than twice its people.
            unit *= 2 * people * below + 1
            units[name], below = unit, most.get(name, 1)
        return cls(**units)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingRules:
    """What is asked of every arrangement of some people, whatever they are worth to each other."""

    past: Past
    on: date
    """The clocks of this day's week decide which free times are shared."""
    blocked: Collection[frozenset[int]] = frozenset()
    announced: Collection[frozenset[int]] = frozenset()
    """Who know already that they sit together: they stay together unless much is to be gained."""
    need_slot: bool = False
    """Whether a group needs a free time in common."""
    weights: Weights = field(default_factory=Weights)
    seed: int = 0

    def values(self, people: Sequence[Person]) -> Values:
        """What all pairs of them are worth, at once."""
        return Values(
            people,
            ties=self.past.ties,
            poor_fits=self.past.poor_fits,
            on=self.on,
            weights=self.weights,
            need_slot=self.need_slot,
        )


class ArrangementFaults(NamedTuple):
    """What is wrong with an arrangement, the worst first."""

    left_out: int
    mixed: int
    repeats: int


class Links:
    """Everything between two people of one arrangement. Pairs are written with the lesser id first."""

    def __init__(self, people: Iterable[Person], order: Sequence[str], rules: MatchingRules) -> None:
        self.people = {person.id: person for person in sorted(people, key=lambda person: person.id)}
        self.schools = Counter(person.school_id for person in self.people.values())
        self.units = Units.in_order(order, people=len(self.people), cycles=rules.past.cycles)
        self.rules = rules
        self._worth: dict[Pair, int] = {}

    @cached_property
    def pairs(self) -> dict[Pair, int]:
        """Every two who may be a pair, with what it is worth; all people are of one level."""
        people = sorted(self.people.values(), key=lambda person: (person.school_id, person.id))
        if not people:
            return {}
        everybody = slice(0, len(people))
        tile = self.rules.values(people).tile(everybody, everybody)
        pairs = {}
        for a, b in np.argwhere(np.triu(tile >= 0)).tolist():
            pair = (min(people[a].id, people[b].id), max(people[a].id, people[b].id))
            if frozenset(pair) not in self.rules.blocked:
                pairs[pair] = self._worth[pair] = self._weigh(pair, int(tile[a, b]))
        return dict(sorted(pairs.items()))

    def school(self, member_id: int) -> int:
        """The school for which somebody sits here."""
        return self.people[member_id].school_id

    def may_pair(self, a: int, b: int) -> bool:
        """Whether they are of one level, of different schools, free at one time if need be, and not blocked."""
        return self.school(a) != self.school(b) and self.may_sit((a, b))

    def may_sit(self, seats: Sequence[int]) -> bool:
        """The same for more of them, of whom two may be of one school."""
        people = [self.people[each] for each in seats]
        return (
            len({each.level for each in people}) == 1
            and not any(frozenset(pair) in self.rules.blocked for pair in combinations(seats, 2))
            and (not self.rules.need_slot or _free_at_once(people, self.rules.on))
        )

    def is_blocked(self, a: int, b: int) -> bool:
        """Whether somebody said that these two never sit together."""
        return frozenset((a, b)) in self.rules.blocked

    def has_met(self, a: int, b: int) -> bool:
        """Whether they sat together before."""
        return frozenset((a, b)) in self.rules.past.ages

    def points(self, a: int, b: int) -> int:
        """How well two people of different schools fit, as it counts for them."""
        first, second = (self.people[each] for each in sorted((a, b)))
        ties = self.rules.past.ties.get(frozenset((first.school_id, second.school_id)), 0)
        poor_fits = self.rules.past.poor_fits
        fit = score_fit(first, second, ties=ties, on=self.rules.on, weights=self.rules.weights)
        return weigh_fit(fit, poor_fits.get(a, 0), poor_fits.get(b, 0))

    def worth(self, a: int, b: int) -> int:
        """What two people of different schools are worth: quality and lot, less the price of a repeat."""
        pair = (min(a, b), max(a, b))
        if pair not in self._worth:
            self._worth[pair] = self._weigh(pair, self.points(a, b))
        return self._worth[pair]

    def _weigh(self, pair: Pair, points: int) -> int:
        loyalty = LOYALTY if frozenset(pair) in self.rules.announced else 0
        return (points + loyalty) * self.units.quality + self._lot(pair) - self.price(*pair)

    def price(self, a: int, b: int) -> int:
        """What it costs that they sit in one group: a repeat, dearer the younger it is, or one school."""
        age = self.rules.past.ages.get(frozenset((a, b)), 0)
        repeat = self.units.repeat + age * self.units.age if age else 0
        return repeat + (self.units.mixed if self.school(a) == self.school(b) else 0)

    def third(self, pair: Sequence[int], other: int) -> int | None:
        """What it is worth that somebody joins a pair; None: they may not."""
        if not self.may_sit((*pair, other)):
            return None
        return sum(
            -self.price(each, other) if self.school(each) == self.school(other) else self.worth(each, other)
            for each in pair
        )

    def faults(self, groups: Sequence[tuple[int, ...]]) -> ArrangementFaults:
        """How many have no place, how often two of a school or two who met before sit together."""
        together = [pair for group in groups for pair in combinations(group, 2)]
        return ArrangementFaults(
            len(self.people) - sum(map(len, groups)),
            sum(self.school(a) == self.school(b) for a, b in together),
            sum(self.has_met(a, b) for a, b in together),
        )

    def _lot(self, pair: Pair) -> int:
        drawn = blake2b(f"{self.rules.seed}:{pair[0]}:{pair[1]}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn) % LOT


def _free_at_once(people: Sequence[Person], on: date) -> bool:
    """Whether all of two or three people share one free time."""
    first, second, *third = people
    if not third:
        return common(first.profile.slots, first.time_zone, second.profile.slots, second.time_zone, on) > 0
    return any(
        seen & meeting(shared, second.time_zone, third[0].time_zone, on) & {*third[0].profile.slots}
        for slot in first.profile.slots
        for shared in meeting(slot, first.time_zone, second.time_zone, on) & {*second.profile.slots}
        for seen in [meeting(slot, first.time_zone, third[0].time_zone, on)]
    )
