"""Who may sit with whom, what that is worth, and the exact matching of what is worth most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import blake2b
from itertools import combinations
from typing import NamedTuple

import rustworkx

from bot.pairing.quality import BEST, Person, Weights, value

LOT = 2**30
"""Lots decide between equals; many enough that no two arrangements draw the same."""

History = Collection[tuple[int, frozenset[int]]]
"""Every two who ever sat together, with the cycle in which they did."""

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
        most = {"quality": BEST, "age": cycles}
        units, unit, below = {}, 1, LOT
        for name in rules:
            # Twice, because an arrangement has fewer pairs that sit together than twice its people.
            unit *= 2 * people * below + 1
            units[name], below = unit, most.get(name, 1)
        return cls(**units)


class Faults(NamedTuple):
    """What is wrong with an arrangement, the worst first."""

    left_out: int
    mixed: int
    repeats: int


class Links:
    """Everything between two people of one arrangement. Pairs are written with the lesser id first."""

    def __init__(
        self,
        people: Iterable[Person],
        *,
        rules: Sequence[str],
        history: History,
        blocked: Collection[frozenset[int]],
        on: date,
        weights: Weights,
        seed: int,
    ) -> None:
        self.people = {person.id: person for person in sorted(people, key=lambda person: person.id)}
        self.schools = Counter(person.school_id for person in self.people.values())
        cycles = {cycle: age for age, cycle in enumerate(sorted({cycle for cycle, _ in history}), start=1)}
        self.units = Units.in_order(rules, people=len(self.people), cycles=len(cycles))
        self.ties = self._ties(history)
        self._met: dict[frozenset[int], int] = {}
        for cycle, pair in history:
            self._met[pair] = max(cycles[cycle], self._met.get(pair, 0))
        self._blocked = frozenset(blocked)
        self._on, self._weights, self._seed = on, weights, seed
        self._worth: dict[Pair, int] = {}

    def _ties(self, history: History) -> Counter[frozenset[int]]:
        """How often each two schools have met, as far as the people of today tell."""
        known = [[self.people[each].school_id for each in pair if each in self.people] for _, pair in history]
        return Counter(frozenset(schools) for schools in known if len(set(schools)) == 2)

    @cached_property
    def pairs(self) -> dict[Pair, int]:
        """Every two who may be a pair, with what it is worth."""
        return {pair: self.worth(*pair) for pair in combinations(self.people, 2) if self.may_pair(*pair)}

    def school(self, member_id: int) -> int:
        """The school for which somebody sits here."""
        return self.people[member_id].school_id

    def may_pair(self, a: int, b: int) -> bool:
        """Whether they come from different schools and are not blocked."""
        return self.school(a) != self.school(b) and not self.is_blocked(a, b)

    def is_blocked(self, a: int, b: int) -> bool:
        """Whether somebody said that these two never sit together."""
        return frozenset((a, b)) in self._blocked

    def has_met(self, a: int, b: int) -> bool:
        """Whether they sat together before."""
        return frozenset((a, b)) in self._met

    def worth(self, a: int, b: int) -> int:
        """What two people of different schools are worth: quality and lot, less the price of a repeat."""
        pair = (min(a, b), max(a, b))
        if pair not in self._worth:
            first, second = (self.people[each] for each in pair)
            ties = self.ties[frozenset((first.school_id, second.school_id))]
            quality = value(first, second, ties=ties, on=self._on, weights=self._weights)
            self._worth[pair] = quality * self.units.quality + self._lot(pair) - self.price(a, b)
        return self._worth[pair]

    def price(self, a: int, b: int) -> int:
        """What it costs that they sit in one group: a repeat, dearer the younger it is, or one school."""
        age = self._met.get(frozenset((a, b)), 0)
        repeat = self.units.repeat + age * self.units.age if age else 0
        return repeat + (self.units.mixed if self.school(a) == self.school(b) else 0)

    def third(self, pair: Sequence[int], other: int) -> int | None:
        """What it is worth that somebody joins a pair; None: they may not."""
        if any(self.is_blocked(each, other) for each in pair):
            return None
        return sum(
            -self.price(each, other) if self.school(each) == self.school(other) else self.worth(each, other)
            for each in pair
        )

    def faults(self, groups: Sequence[tuple[int, ...]]) -> Faults:
        """How many have no place, how often two of a school or two who met before sit together."""
        together = [pair for group in groups for pair in combinations(group, 2)]
        return Faults(
            len(self.people) - sum(map(len, groups)),
            sum(self.school(a) == self.school(b) for a, b in together),
            sum(self.has_met(a, b) for a, b in together),
        )

    def _lot(self, pair: Pair) -> int:
        drawn = blake2b(f"{self._seed}:{pair[0]}:{pair[1]}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn) % LOT
