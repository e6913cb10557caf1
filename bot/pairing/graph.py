"""The graph of the people of a level: who may meet, what a pair is worth, and the exact matching of greatest worth.

Exact matching is Edmonds' blossom algorithm (1965), from rustworkx.
"""

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

DRAWS = 2**30
"""The range of the numbers drawn to decide between equals; so many that no two arrangements draw the same sum."""

LOYALTY = 3_000
"""The bonus for keeping an announced pair, in hundredths: fifteen points, counted twice."""

Pair = tuple[int, int]
Node = tuple[int, ...]
Worth = dict[tuple[Node, Node], int]
"""The edges of a graph, the lesser node first, with their worth."""


def match(worth: Worth) -> list[tuple[Node, Node]]:
    """Return the edges of the matching of greatest total worth: exact, in integers, independent of their order."""
    nodes = sorted({node for edge in worth for node in edge})
    index = {node: number for number, node in enumerate(nodes)}
    graph: rustworkx.PyGraph[None, int] = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from([None] * len(nodes))
    graph.add_edges_from([(index[a], index[b], worth[a, b]) for a, b in sorted(worth)])
    chosen = rustworkx.max_weight_matching(graph, weight_fn=int)
    return sorted((nodes[min(edge)], nodes[max(edge)]) for edge in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The weight of one unit of each rule: one unit of a higher rule outweighs everything of all lower ones."""

    quality: int
    """For a hundredth of a point of quality."""
    age: int
    """Against a repeat, times the number of the latest cycle in which the two met (1 is the oldest)."""
    repeat: int
    """Against two people who were in one group before."""
    mixed: int
    """Against two people of one school in a trio."""
    three: int
    """Against a third person in a group."""
    cover: int
    """For a person with a place."""

    @classmethod
    def in_order(cls, rules: Sequence[str], *, people: int, cycles: int) -> Units:
        """Return units for the rules, the lowest first; the draw is below them all."""
        most = {"quality": MOST_WORTH + LOYALTY, "age": cycles}
        units, unit, below = {}, 1, DRAWS
        for name in rules:
            # Twice, because an arrangement has fewer pairs in groups than twice its people.
            unit *= 2 * people * below + 1
            units[name], below = unit, most.get(name, 1)
        return cls(**units)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingRules:
    """The rules of an arrangement, and what the worth of a pair depends on besides its people."""

    past: Past
    on: date
    """A day of the week whose clocks decide which free times are shared."""
    blocked: Collection[frozenset[int]] = frozenset()
    announced: Collection[frozenset[int]] = frozenset()
    """Pairs that were told to their people: they get the bonus `LOYALTY`."""
    need_slot: bool = False
    """True if the people of a group must share a free time."""
    weights: Weights = field(default_factory=Weights)
    seed: int = 0

    def values(self, people: Sequence[Person]) -> Values:
        """Return the worth of all pairs of these people, as arrays."""
        return Values(
            people,
            ties=self.past.ties,
            poor_fits=self.past.poor_fits,
            on=self.on,
            weights=self.weights,
            need_slot=self.need_slot,
        )


class ArrangementFaults(NamedTuple):
    """The faults of an arrangement, the worst first, so that tuples can be compared."""

    left_out: int
    mixed: int
    """Pairs of one school within trios."""
    repeats: int


class PairGraph:
    """The people of an arrangement and everything between two of them. Pairs have the lesser id first."""

    def __init__(self, people: Iterable[Person], order: Sequence[str], rules: MatchingRules) -> None:
        self.people = {person.id: person for person in sorted(people, key=lambda person: person.id)}
        self.schools = Counter(person.school_id for person in self.people.values())
        self.units = Units.in_order(order, people=len(self.people), cycles=rules.past.cycles)
        self.rules = rules
        self._worth: dict[Pair, int] = {}

    @cached_property
    def pairs(self) -> dict[Pair, int]:
        """Every two people who may be a pair, with their worth; all people must be of one level."""
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
        """Return the school for which this person takes part."""
        return self.people[member_id].school_id

    def may_pair(self, a: int, b: int) -> bool:
        """Return whether two people may be a pair: `may_meet`, and of different schools."""
        return self.school(a) != self.school(b) and self.may_meet((a, b))

    def may_meet(self, member_ids: Sequence[int]) -> bool:
        """Return whether people may be in one group: of one level, not blocked, with a free time if demanded."""
        people = [self.people[each] for each in member_ids]
        return (
            len({each.level for each in people}) == 1
            and not any(frozenset(pair) in self.rules.blocked for pair in combinations(member_ids, 2))
            and (not self.rules.need_slot or _share_free_time(people, self.rules.on))
        )

    def is_blocked(self, a: int, b: int) -> bool:
        """Return whether two people are blocked."""
        return frozenset((a, b)) in self.rules.blocked

    def has_met(self, a: int, b: int) -> bool:
        """Return whether two people were in one group in an earlier cycle."""
        return frozenset((a, b)) in self.rules.past.ages

    def points(self, a: int, b: int) -> int:
        """Return how well two people of different schools fit, as `weigh_fit` counts it."""
        first, second = (self.people[each] for each in sorted((a, b)))
        ties = self.rules.past.ties.get(frozenset((first.school_id, second.school_id)), 0)
        poor_fits = self.rules.past.poor_fits
        fit = score_fit(first, second, ties=ties, on=self.rules.on, weights=self.rules.weights)
        return weigh_fit(fit, poor_fits.get(a, 0), poor_fits.get(b, 0))

    def worth(self, a: int, b: int) -> int:
        """Return the worth of two people of different schools: quality and draw, less the penalty of a repeat."""
        pair = (min(a, b), max(a, b))
        if pair not in self._worth:
            self._worth[pair] = self._weigh(pair, self.points(a, b))
        return self._worth[pair]

    def _weigh(self, pair: Pair, points: int) -> int:
        loyalty = LOYALTY if frozenset(pair) in self.rules.announced else 0
        return (points + loyalty) * self.units.quality + self._draw(pair) - self.penalty(*pair)

    def penalty(self, a: int, b: int) -> int:
        """Return the penalty for two people in one group: for a repeat (more if recent), and for one school."""
        age = self.rules.past.ages.get(frozenset((a, b)), 0)
        repeat = self.units.repeat + age * self.units.age if age else 0
        return repeat + (self.units.mixed if self.school(a) == self.school(b) else 0)

    def worth_of_joining(self, pair: Sequence[int], other: int) -> int | None:
        """Return the worth of a person's joining a pair; None if they may not."""
        if not self.may_meet((*pair, other)):
            return None
        return sum(
            -self.penalty(each, other) if self.school(each) == self.school(other) else self.worth(each, other)
            for each in pair
        )

    def faults(self, groups: Sequence[tuple[int, ...]]) -> ArrangementFaults:
        """Count the people left out, the pairs of one school, and the repeats."""
        together = [pair for group in groups for pair in combinations(group, 2)]
        return ArrangementFaults(
            len(self.people) - sum(map(len, groups)),
            sum(self.school(a) == self.school(b) for a, b in together),
            sum(self.has_met(a, b) for a, b in together),
        )

    def _draw(self, pair: Pair) -> int:
        """Return the pair's number in the draw between equals."""
        drawn = blake2b(f"{self.rules.seed}:{pair[0]}:{pair[1]}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn) % DRAWS


def _share_free_time(people: Sequence[Person], on: date) -> bool:
    """Return whether two or three people share one free time."""
    first, second, *third = people
    if not third:
        return common(first.profile.slots, first.time_zone, second.profile.slots, second.time_zone, on) > 0
    return any(
        for_third & meeting(shared, second.time_zone, third[0].time_zone, on) & {*third[0].profile.slots}
        for slot in first.profile.slots
        for shared in meeting(slot, first.time_zone, second.time_zone, on) & {*second.profile.slots}
        for for_third in [meeting(slot, first.time_zone, third[0].time_zone, on)]
    )
