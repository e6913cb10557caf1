"""The best pairs of a level too large to look at all of it at once, and the proof of how good they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np
import rustworkx
from numpy.typing import NDArray

from bot.pairing.candidates import Scores, best_pairs, look
from bot.pairing.prices import Worths, price
from bot.pairing.values import NO_PAIR, Places, Values

COVER = 500_000_000
"""What it is worth that somebody has a place: more than any chain of changes can win or lose in quality."""

CANDIDATES, MORE = 24, 8
"""How many partners of each are looked at, and how many of those that prove to be missing join them at a time."""

ROUNDS = 6
"""Of pricing, at most."""

CLOSE = 20_000
"""Missing pairs that could win less than this part of the whole together are not worth another look."""

REGION = 600
"""How many people sit down anew together, exactly, around those who have no seat yet."""

EXPOSED = 16
"""For so many of them at once."""

Pair: TypeAlias = tuple[int, int]
Done: TypeAlias = Callable[[float], None]


class Edges(NamedTuple):
    """Pairs that are looked at, the lesser place first, in order, with what they are worth."""

    a: Places
    b: Places
    worth: Worths


@dataclass(frozen=True, slots=True)
class Settled:
    """Who sits with whom: `mate` is one's own place where there is nobody."""

    mate: Places
    edges: Edges
    prices: Worths
    """Twice what each is worth beyond their cover: no two who may be a pair are worth more than half their sum."""


def settle(values: Values, special: Mapping[Pair, int], done: Done = lambda _: None) -> Settled:
    """Pairs of all people of `values`. Special pairs are those set aside that may meet, with what counts besides."""
    edges, prices, partner = _priced(values, special, done)
    mate = _whole(partner)
    graph = _Graph(edges, prices)
    seats = graph.seat(mate)
    return Settled(seats, edges, prices - 2 * COVER)


def _priced(values: Values, special: Mapping[Pair, int], done: Done) -> tuple[Edges, Worths, Places]:
    """Candidates, until none is missing that matters; the prices hold for every pair there is."""
    size = len(values.school)
    edges = _edges(values, special, *best_pairs(look(values, None, lambda part: done(part / 3)), CANDIDATES))
    for turn in range(ROUNDS):
        partner, prices = price(size, edges.a, edges.b, edges.worth + 2 * COVER)
        at_most = ((prices + 1) // 2 - COVER).astype(np.int32)
        missing = look(values, at_most, lambda part, turn=turn: done((1 + turn + part) / (3 + turn)))
        lacking = np.maximum(missing.score.max(axis=1), 0).astype(np.int64)
        if lacking.sum() * CLOSE <= abs(prices.sum() // 2 - size * COVER) or turn == ROUNDS - 1:
            break
        a, b = best_pairs(missing, MORE, above=0)
        edges = _edges(values, special, np.append(edges.a, a), np.append(edges.b, b))
    # A pair's ends lack at least what the pair does: half of it each makes every price hold.
    return edges, prices + lacking, partner


def _edges(values: Values, special: Mapping[Pair, int], a: Places, b: Places) -> Edges:
    size = len(values.school)
    besides = {a * size + b: more for (a, b), more in special.items()}
    keys = np.unique(np.append(a * size + b, np.array(sorted(besides), dtype=np.intp)))
    a, b = np.divmod(keys, size)
    worth = values.of(a, b)
    may = worth != NO_PAIR
    if besides:
        worth += np.array([besides.get(key, 0) for key in keys.tolist()], dtype=np.int64)
    return Edges(a[may], b[may], worth[may])


def _whole(partner: Places) -> Places:
    """Pairs of neighbours along each cycle; of an odd one somebody is left without a seat."""
    mate = np.arange(len(partner))
    seen = np.zeros(len(partner), dtype=bool)
    for start in range(len(partner)):
        cycle, at = [], start
        while not seen[at]:
            seen[at] = True
            cycle.append(at)
            at = int(partner[at])
        for a, b in zip(islice(cycle, 0, None, 2), islice(cycle, 1, None, 2), strict=False):
            mate[a], mate[b] = b, a
    return mate


class _Graph:
    """The candidates as neighbours of each, those that lose least against the prices first."""

    def __init__(self, edges: Edges, prices: Worths) -> None:
        size = len(prices)
        slack = prices[edges.a] + prices[edges.b] - 2 * (edges.worth + 2 * COVER)
        ends, others = np.append(edges.a, edges.b), np.append(edges.b, edges.a)
        both = np.append(slack, slack)
        order = np.lexsort((others, both, ends))
        self.others = others[order].tolist()
        self.worth = np.append(edges.worth, edges.worth)[order].tolist()
        self.starts = np.searchsorted(ends[order], np.arange(size + 1)).tolist()

    def around(self, seeds: list[int], mate: list[int], size: int) -> list[int]:
        """So many people near the seeds, those first who are reached by the least loss; partners stay together."""
        region = dict.fromkeys(seeds)
        reach = 2
        queue = list(seeds)
        while len(region) < size and reach < 64:
            for each in queue:
                start, stop = self.starts[each], self.starts[each + 1]
                for other in self.others[start : min(stop, start + reach)]:
                    region[other] = None
                    region[mate[other]] = None
                if len(region) >= size:
                    break
            if len(region) == len(queue):
                reach *= 2
            queue = list(region)
        return list(region)

    def best_within(self, region: list[int]) -> list[Pair]:
        """The exact matching of these people."""
        index = {each: number for number, each in enumerate(sorted(region))}
        graph: rustworkx.PyGraph[int, int] = rustworkx.PyGraph(multigraph=False)
        graph.add_nodes_from(sorted(region))
        graph.add_edges_from(
            [
                (index[each], index[other], worth + 2 * COVER)
                for each in index
                for other, worth in self._neighbours(each)
                if each < other and other in index
            ]
        )
        return [(graph[a], graph[b]) for a, b in rustworkx.max_weight_matching(graph, weight_fn=int)]

    def _neighbours(self, each: int):
        start, stop = self.starts[each], self.starts[each + 1]
        return zip(self.others[start:stop], self.worth[start:stop], strict=True)

    def seat(self, partners: Places) -> Places:
        mate = partners.tolist()
        size = REGION
        while len(exposed := [each for each, other in enumerate(mate) if each == other]) > 1:
            before = len(exposed)
            while exposed:
                seeds, exposed = exposed[:EXPOSED], exposed[EXPOSED:]
                region = self.around(seeds, mate, size)
                for each in region:
                    mate[each] = each
                for a, b in self.best_within(region):
                    mate[a], mate[b] = b, a
                left = [each for each in seeds if mate[each] == each]
                inside=set(region)
                exposed = [e for e in exposed if mate[e] == e]
            now = sum(each == other for each, other in enumerate(mate))
            if now == before:
                if size > 4 * REGION: break
                size *= 2
        return np.array(mate)
