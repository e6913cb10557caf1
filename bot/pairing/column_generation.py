"""Matching of a large level by column generation, with a bound that holds for all pairs.

Candidate pairs are matched fractionally; the dual prices show which other pairs could improve the result; those become
candidates, and so on (Gilmore and Gomory 1961). Odd cycles of the fractional matching leave people unmatched; each
such region is matched anew exactly (blossom algorithm, Edmonds 1965).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np
import rustworkx

from bot.pairing.candidates import find_best_partners, select_pairs
from bot.pairing.columns import Places
from bot.pairing.duals import Worths, match_fractionally
from bot.pairing.scores import NO_PAIR, Values

COVER = 500_000_000
"""The worth of a person's being matched at all: more than any possible total change of quality."""

CANDIDATES, MORE = 24, 8
"""Candidates of each person at first, and how many join them in each round."""

ROUNDS = 6
"""The most rounds of column generation."""

STOP_AT_GAP = Fraction(1, 20_000)
"""Rounds end when the missing pairs could improve the total by less than this part of it."""

REGION, LARGEST_REGION = 600, 2_400
"""People who are matched anew together around some who are unmatched: at first, and at most."""

SEEDS = 16
"""Unmatched people around whom one region is made."""

Pair: TypeAlias = tuple[int, int]
Report: TypeAlias = Callable[[float], None]
"""A function that is called with the part of the work that is done, 0 to 1."""


class Edges(NamedTuple):
    """Candidate pairs in order, the lesser place first, with their worth."""

    a: Places
    b: Places
    worth: Worths


@dataclass(frozen=True, slots=True)
class BoundedMatching:
    """A matching by places, and prices that bound the worth of every other."""

    mate: list[int]
    """Each person's partner; their own place if unmatched."""
    edges: Edges
    prices: Worths
    """For all pairs: worth is at most half the sum of the two prices. Being unmatched costs `2 * COVER`."""


def match_large(
    values: Values, special: Mapping[Pair, int], report: Report = lambda _: None
) -> BoundedMatching:
    """Match the people; `special` holds the bonus or penalty of pairs left out of the tiles (repeats, announced)."""
    edges, prices, partner = generate_candidates(values, special, report)
    neighbours = _Neighbours(edges, prices)
    mate = _split_cycles(partner.tolist())
    # Whoever is unmatched in the fractional matching stays so, unless somebody joins them to a pair later.
    alone = set(np.flatnonzero(partner == np.arange(len(mate))).tolist())
    size = REGION
    while size <= LARGEST_REGION and (unmatched := _find_unmatched(mate, alone))[1:]:
        _rematch_around(neighbours, mate, unmatched, size)
        if len(_find_unmatched(mate, alone)) == len(unmatched):
            size *= 2
    _match_by_exchange(values, mate, _find_unmatched(mate, alone))
    return BoundedMatching(mate, edges, prices)


def generate_candidates(
    values: Values, special: Mapping[Pair, int], report: Report = lambda _: None
) -> tuple[Edges, Worths, Places]:
    """Return candidates, dual prices that hold for all pairs, and the fractional matching's partners."""
    size = len(values.school)
    a, b = select_pairs(find_best_partners(values, None, lambda part: report(part / 3)), CANDIDATES)
    edges = _make_edges(values, special, a, b)
    for turn in count(1):
        partner, prices = match_fractionally(size, edges.a, edges.b, edges.worth + 2 * COVER)
        prices -= 2 * COVER
        rounded_up = (-(-prices // 2)).astype(np.int32)
        missing = find_best_partners(
            values,
            rounded_up,
            lambda part, turn=turn: report((turn + part) / (turn + 2)),  # type: ignore[misc]  # a lambda with a default has no type of its own
        )
        violation = np.maximum(missing.score.max(axis=1), 0).astype(np.int64)
        if turn == ROUNDS or int(violation.sum()) <= STOP_AT_GAP * (abs(int(prices.sum())) // 2):
            # Each end of a pair has at least the pair's own violation, so adding it to both makes all prices hold.
            return edges, prices + violation, partner
        a, b = select_pairs(missing, MORE, above=0)
        edges = _make_edges(values, special, np.append(edges.a, a), np.append(edges.b, b))
    raise AssertionError("the last round returns")


def _make_edges(values: Values, special: Mapping[Pair, int], a: Places, b: Places) -> Edges:
    size = len(values.school)
    bonus = {a * size + b: more for (a, b), more in special.items()}
    keys = np.unique(np.append(a * size + b, np.array(sorted(bonus), dtype=np.intp)))
    a, b = np.divmod(keys, size)
    worth = values.of(a, b)
    may = worth != NO_PAIR
    if bonus:
        worth += np.array([bonus.get(key, 0) for key in keys.tolist()], dtype=np.int64)
    return Edges(a[may], b[may], worth[may])


def _split_cycles(partner: Sequence[int]) -> list[int]:
    """Pair neighbours along each cycle of a fractional matching; an odd cycle leaves one person unmatched."""
    mate, seen = list(range(len(partner))), set[int]()
    for start in range(len(partner)):
        cycle, at = [], start
        while at not in seen:
            seen.add(at)
            cycle.append(at)
            at = partner[at]
        for a, b in zip(cycle[::2], cycle[1::2], strict=False):
            mate[a], mate[b] = b, a
    return mate


def _find_unmatched(mate: Sequence[int], alone: Collection[int]) -> list[int]:
    return [each for each, other in enumerate(mate) if each == other and each not in alone]


def _rematch_around(neighbours: _Neighbours, mate: list[int], unmatched: list[int], size: int) -> None:
    """Match anew, region by region, the unmatched and about `size` people near them."""
    while unmatched:
        seeds, unmatched = unmatched[:SEEDS], unmatched[SEEDS:]
        region = neighbours.around(seeds, mate, size)
        for each in region:
            mate[each] = each
        for a, b in neighbours.match_within(region):
            mate[a], mate[b] = b, a
        unmatched = [each for each in unmatched if mate[each] == each]


def _match_by_exchange(values: Values, mate: list[int], unmatched: list[int]) -> None:
    """Pair unmatched people, or split the pair whose members are worth most to two of them."""
    everybody = np.arange(len(mate))
    while len(unmatched) > 1:
        one = unmatched.pop()
        partner = np.array(mate, dtype=np.intp)
        with_one = values.not_aside(np.full(len(mate), one), everybody)
        for other in unmatched:
            if with_one[other] != NO_PAIR:
                mate[one], mate[other] = other, one
                unmatched.remove(other)
                break
            with_other = values.not_aside(np.full(len(mate), other), partner)
            may = (with_one != NO_PAIR) & (with_other != NO_PAIR) & (partner != everybody)
            if may.any():
                worth = np.where(may, with_one + with_other, NO_PAIR)
                first = int(worth.argmax())
                second = mate[first]
                mate[one], mate[first], mate[other], mate[second] = first, one, second, other
                unmatched.remove(other)
                break


class _Neighbours:
    """Each person's candidates, by reduced cost, smallest first."""

    def __init__(self, edges: Edges, prices: Worths) -> None:
        reduced_cost = prices[edges.a] + prices[edges.b] - 2 * edges.worth
        ends, others = np.append(edges.a, edges.b), np.append(edges.b, edges.a)
        order = np.lexsort((others, np.append(reduced_cost, reduced_cost), ends))
        self._others = others[order].tolist()
        self._worth = np.append(edges.worth, edges.worth)[order].tolist()
        self._starts = np.searchsorted(ends[order], np.arange(len(prices) + 1)).tolist()

    def of(self, each: int, most: int | None = None) -> Iterator[tuple[int, int]]:
        """Return a person's candidates with their worth."""
        start, stop = self._starts[each], self._starts[each + 1]
        stop = stop if most is None else min(stop, start + most)
        return zip(self._others[start:stop], self._worth[start:stop], strict=True)

    def around(self, seeds: Sequence[int], mate: Sequence[int], size: int) -> list[int]:
        """Return about `size` people near the seeds, by reduced cost, each with their partner."""
        region = dict.fromkeys(seeds)
        reach = 2
        while len(region) < size and reach <= size:
            before = len(region)
            for each in list(region):
                for other, _ in self.of(each, reach):
                    region[other] = region[mate[other]] = None
                if len(region) >= size:
                    break
            reach *= 2 if len(region) == before else 1
        return sorted(region)

    def match_within(self, region: Sequence[int]) -> list[Pair]:
        """Return the exact matching of these people by their candidates."""
        number = {each: at for at, each in enumerate(region)}
        graph: rustworkx.PyGraph[int, int] = rustworkx.PyGraph(multigraph=False)
        graph.add_nodes_from(region)
        graph.add_edges_from(
            [
                (number[each], number[other], worth + 2 * COVER)
                for each in region
                for other, worth in self.of(each)
                if each < other and other in number
            ]
        )
        return [(graph[a], graph[b]) for a, b in rustworkx.max_weight_matching(graph, weight_fn=int)]
