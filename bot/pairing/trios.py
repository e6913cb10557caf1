"""Trios by choice in a small level: repeated exact assignments of thirds to pairs. Good, but not proven best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from random import Random

from bot.pairing.graph import PairGraph, Worth, match
from bot.pairing.groups import GroupIds

ROUNDS = 12
"""Rounds of assigning all thirds anew; in trials later rounds gained nothing."""

TRIES = 6
"""Smaller numbers of trios that are tried before pairs are taken."""


def find_trios(graph: PairGraph, pairs: list[GroupIds]) -> list[GroupIds] | None:
    """Return as many trios of three schools as possible with no more faults than these pairs, or None."""
    people, largest = len(graph.people), max(graph.schools.values(), default=0)
    most = min(people // 3 - (people % 3 == 1), people - 2 * largest)
    for thirds in list(range(most, people % 2, -2))[:TRIES]:
        groups = _reassign_thirds(graph, _pairs_without(graph, thirds), Random(graph.rules.seed))
        if graph.faults(groups) <= graph.faults(pairs):
            return groups
    return None


def joining_edges(graph: PairGraph, others: Iterable[int], pairs: Mapping[int, GroupIds]) -> Worth:
    """Return edges between people (0, id) and pairs (1, index), with the worth of the person's joining the pair."""
    return {
        ((0, other), (1, index)): graph.units.cover - graph.units.three + worth
        for other in others
        for index, pair in pairs.items()
        if (worth := graph.worth_of_joining(pair, other)) is not None
    }


def _pairs_without(graph: PairGraph, thirds: int) -> list[GroupIds]:
    """Return the best pairs when `thirds` people are left over: each of those is matched with an empty node."""
    both = 2 * graph.units.cover
    worth: Worth = {((0, a), (0, b)): both + each for (a, b), each in graph.pairs.items()}
    worth |= {((0, each), (1, empty)): both for each in graph.people for empty in range(thirds)}
    return [(a, b) for (_, a), (is_empty, b) in match(worth) if not is_empty]


def _reassign_thirds(graph: PairGraph, groups: list[GroupIds], random: Random) -> list[GroupIds]:
    """Assign the thirds to pairs; then, in each round, take a random one out of each trio and assign them all anew."""
    for _ in range(ROUNDS):
        pairs = [_random_pair(graph, group, random) for group in groups]
        placed = {each for pair in pairs for each in pair}
        joined = match(joining_edges(graph, graph.people.keys() - placed, dict(enumerate(pairs))))
        third = {index: other for (_, other), (_, index) in joined}
        groups = [(*pair, third[index]) if index in third else pair for index, pair in enumerate(pairs)]
    return groups


def _random_pair(graph: PairGraph, group: GroupIds, random: Random) -> GroupIds:
    """Return two of a group who may be a pair."""
    return random.choice([pair for pair in combinations(group, 2) if graph.may_pair(*pair)])
