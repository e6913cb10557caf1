"""The best pairs of a small level, with trios where somebody would be left out otherwise: exact by branch and bound.

Each person gets two nodes, of which the second costs. One matching of the nodes (a 2-matching with costs) then gives
pairs, and trios as one person matched twice, in the middle of two others. The matching does not see the outer two of
a trio: whether they are blocked, of one school, never free together, or have met. So its value is an upper bound, and
the search branches (Land and Doig 1960) on a trio whose outer two cost something: one of its two edges is forbidden,
or the trio is fixed as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from bot.pairing.graph import Pair, PairGraph, Worth, match

GroupIds = tuple[int, ...]
"""The members of a pair or trio. The first two are of different schools; a trio's second is matched with both."""


class Branch(NamedTuple):
    """A part of the search, with an upper bound of its value."""

    minus_bound: int
    """Negative, because a heap gives the least first."""
    groups: tuple[GroupIds, ...]
    fixed: frozenset[GroupIds]
    forbidden: frozenset[Pair]


class BestGroups(NamedTuple):
    """Groups, and how much better in quality any others could be at most (hundredths, as weighed)."""

    groups: list[GroupIds]
    gap: int


def find_best_groups(graph: PairGraph) -> BestGroups:
    """Return the best groups. With an odd number above some thirty the search ends after a number of branches."""
    if len(graph.people) % 2 == 0:
        both = 2 * graph.units.cover
        pairs = match({((a,), (b,)): both + worth for (a, b), worth in graph.pairs.items()})
        if 2 * len(pairs) == len(graph.people):
            return BestGroups([(a, b) for (a,), (b,) in pairs], 0)
    best: tuple[GroupIds, ...] = ()
    best_value, seen = -1, set()
    queue = [_bound(graph, frozenset(), frozenset())]
    for _ in range(max(8, 200_000 // len(graph.people) ** 2)):
        if not queue or -queue[0].minus_bound <= best_value:
            break
        branch = heappop(queue)
        groups = tuple(_without_forbidden_third(graph, group) for group in branch.groups)
        if (value := sum(_value(graph, group) for group in groups)) > best_value:
            best, best_value = groups, value
        if value == -branch.minus_bound:
            break
        for fixed, forbidden in _split(graph, branch):
            if (fixed, forbidden) not in seen:
                seen.add((fixed, forbidden))
                heappush(queue, _bound(graph, fixed, forbidden))
    bound = max((-branch.minus_bound for branch in queue), default=best_value)
    return BestGroups(list(best), max(0, bound - best_value) // graph.units.quality)


def _bound(graph: PairGraph, fixed: frozenset[GroupIds], forbidden: frozenset[Pair]) -> Branch:
    """Match the nodes of a branch, and return it with its upper bound."""
    cover, three = graph.units.cover, graph.units.three
    taken = {each for group in fixed for each in group}
    edges: Worth = {}
    for (a, b), worth in graph.pairs.items():
        if (a, b) not in forbidden and a not in taken and b not in taken:
            edges[(a, 1), (b, 1)] = worth + 2 * cover
            edges[(a, 1), (b, 2)] = edges[(a, 2), (b, 1)] = worth + cover - three
    partners: dict[int, list[int]] = defaultdict(list)
    bound = sum(_value(graph, group) for group in fixed)
    for edge in match(edges):
        (a, _), (b, _) = edge
        bound += edges[edge]
        partners[a].append(b)
        partners[b].append(a)
    trios = [(min(outer), each, max(outer)) for each, outer in partners.items() if len(outer) == 2]
    in_trios = {each for group in trios for each in group}
    pairs = [(a, b) for a, (b, *_) in partners.items() if a < b and a not in in_trios]
    groups = (*sorted(fixed), *sorted(trios), *sorted(pairs))
    bound -= graph.units.mixed * max(0, _least_mixed(graph, groups) - _count_mixed(graph, fixed))
    return Branch(-bound, groups, fixed, forbidden)


def _split(graph: PairGraph, branch: Branch) -> Iterator[tuple[frozenset[GroupIds], frozenset[Pair]]]:
    """Split a branch in three on its most expensive trio: without its first edge, without its second, or fixed."""
    trios = [group for group in branch.groups if len(group) == 3 and group not in branch.fixed]
    if trios:
        left, middle, right = trio = max(trios, key=lambda each: _outer_penalty(graph, each))
        yield branch.fixed, branch.forbidden | {(min(left, middle), max(left, middle))}
        yield branch.fixed, branch.forbidden | {(min(middle, right), max(middle, right))}
        if graph.may_meet(trio):
            yield branch.fixed | {trio}, branch.forbidden


def _value(graph: PairGraph, group: GroupIds) -> int:
    """Return the value of a group: its edges, less for a trio the cost of being one and its outer two's penalty."""
    edges = sum(graph.worth(a, b) for a, b in pairwise(group))
    third = graph.units.three + _outer_penalty(graph, group) if len(group) == 3 else 0
    return len(group) * graph.units.cover + edges - third


def _outer_penalty(graph: PairGraph, trio: GroupIds) -> int:
    left, _, right = trio
    return graph.penalty(left, right) if graph.may_meet(trio) else graph.units.cover


def _without_forbidden_third(graph: PairGraph, group: GroupIds) -> GroupIds:
    """Return the group, or its first two where the three may not meet."""
    return group[:2] if len(group) == 3 and not graph.may_meet(group) else group


def _count_mixed(graph: PairGraph, trios: Iterable[GroupIds]) -> int:
    """Count the trios whose outer two are of one school."""
    return sum(graph.school(left) == graph.school(right) for left, _, right in trios)


def _least_mixed(graph: PairGraph, groups: Sequence[GroupIds]) -> int:
    """Return how many trios must have two of the largest school when as many people are placed as here."""
    left_out = len(graph.people) - sum(map(len, groups))
    largest = max(graph.schools.values())
    return (largest - left_out) - (len(graph.people) - largest)
