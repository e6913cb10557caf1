"""The best pairs of a level too large to match all of it at once, and the proof of how good they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np
import rustworkx

from bot.pairing.candidates import best_pairs, look
from bot.pairing.columns import Places
from bot.pairing.duals import Worths, price
from bot.pairing.scores import NO_PAIR, Values

COVER = 500_000_000
"""What it is worth that somebody has a place: more than any chain of changes can win or lose in quality."""

CANDIDATES, MORE = 24, 8
"""How many partners of each are looked at, and how many of those that prove to be missing join them at a time."""

ROUNDS = 6
"""Of looking for missing ones, at most."""

CLOSE = 20_000
"""Missing pairs that together could win less than this part of the whole are not worth another round."""

REGION, LARGEST_REGION = 600, 2_400
"""How many people sit down anew together, exactly, around some who have no seat yet."""

UNSEATED = 16
"""Of those, so many at once."""

Pair: TypeAlias = tuple[int, int]
Done: TypeAlias = Callable[[float], None]
"""Told which part of the work is done."""


class Edges(NamedTuple):
    """Pairs that are looked at, the lesser place first, in order, with what they are worth."""

    a: Places
    b: Places
    worth: Worths


@dataclass(frozen=True, slots=True)
class Settled:
    """Pairs, and the proof that not much better ones exist. People are their places in the values."""

    mate: list[int]
    """Who sits with each; one's own place where there is nobody."""
    edges: Edges
    prices: Worths
    """Two who may be a pair are worth at most half the sum of their prices. Who is alone costs `2 * COVER`."""


def settle(values: Values, special: Mapping[Pair, int], done: Done = lambda _: None) -> Settled:
    """The pairs. Special ones are those of the pairs set aside that may meet, with what counts besides."""
    edges, prices, partner = priced(values, special, done)
    neighbours = _Neighbours(edges, prices)
    mate = _pairs_along(partner.tolist())
    # Who is alone even where people may sit half and half stays so, unless as somebody's third.
    alone = set(np.flatnonzero(partner == np.arange(len(mate))).tolist())
    size = REGION
    while size <= LARGEST_REGION and (unseated := _unseated(mate, alone))[1:]:
        _seat(neighbours, mate, unseated, size)
        if len(_unseated(mate, alone)) == len(unseated):
            size *= 2
    _squeeze_in(values, mate, _unseated(mate, alone))
    return Settled(mate, edges, prices)


def priced(
    values: Values, special: Mapping[Pair, int], done: Done = lambda _: None
) -> tuple[Edges, Worths, Places]:
    """Candidates, looked for until none is missing that matters; their prices; who sits half with whom.

    The prices hold for every pair there is, not only for the candidates.
    """
    size = len(values.school)
    a, b = best_pairs(look(values, None, lambda part: done(part / 3)), CANDIDATES)
    edges = _edges(values, special, a, b)
    for turn in count(1):
        partner, prices = price(size, edges.a, edges.b, edges.worth + 2 * COVER)
        prices -= 2 * COVER
        no_less = (-(-prices // 2)).astype(np.int32)
        missing = look(values, no_less, lambda part, turn=turn: done((turn + part) / (turn + 2)))  # type: ignore[misc]  # a lambda with a default has no type of its own
        lacking = np.maximum(missing.score.max(axis=1), 0).astype(np.int64)
        if turn == ROUNDS or lacking.sum() * CLOSE <= abs(int(prices.sum())) // 2:
            # Both ends of a pair lack at least what the pair does, so half of that each makes all prices hold.
            return edges, prices + lacking, partner
        a, b = best_pairs(missing, MORE, above=0)
        edges = _edges(values, special, np.append(edges.a, a), np.append(edges.b, b))
    raise AssertionError("the last round returns")


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


def _pairs_along(partner: Sequence[int]) -> list[int]:
    """Neighbours along each cycle sit together; of an odd one somebody is left without a seat."""
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


def _unseated(mate: Sequence[int], alone: Collection[int]) -> list[int]:
    return [each for each, other in enumerate(mate) if each == other and each not in alone]


def _seat(neighbours: _Neighbours, mate: list[int], unseated: list[int], size: int) -> None:
    """Some of those without a seat at a time, with the people near them, sit down anew."""
    while unseated:
        seeds, unseated = unseated[:UNSEATED], unseated[UNSEATED:]
        region = neighbours.around(seeds, mate, size)
        for each in region:
            mate[each] = each
        for a, b in neighbours.best_within(region):
            mate[a], mate[b] = b, a
        unseated = [each for each in unseated if mate[each] == each]


def _squeeze_in(values: Values, mate: list[int], unseated: list[int]) -> None:
    """Two who know no candidate between them sit down together, or each with one of a pair that parts for them."""
    everybody = np.arange(len(mate))
    while len(unseated) > 1:
        one = unseated.pop()
        partner = np.array(mate, dtype=np.intp)
        with_one = values.not_aside(np.full(len(mate), one), everybody)
        for other in unseated:
            if with_one[other] != NO_PAIR:
                mate[one], mate[other] = other, one
                unseated.remove(other)
                break
            with_other = values.not_aside(np.full(len(mate), other), partner)
            may = (with_one != NO_PAIR) & (with_other != NO_PAIR) & (partner != everybody)
            if may.any():
                worth = np.where(may, with_one + with_other, NO_PAIR)
                first = int(worth.argmax())
                second = mate[first]
                mate[one], mate[first], mate[other], mate[second] = first, one, second, other
                unseated.remove(other)
                break


class _Neighbours:
    """The candidates of everybody, those first that lose least against the prices."""

    def __init__(self, edges: Edges, prices: Worths) -> None:
        loss = prices[edges.a] + prices[edges.b] - 2 * edges.worth
        ends, others = np.append(edges.a, edges.b), np.append(edges.b, edges.a)
        order = np.lexsort((others, np.append(loss, loss), ends))
        self._others = others[order].tolist()
        self._worth = np.append(edges.worth, edges.worth)[order].tolist()
        self._starts = np.searchsorted(ends[order], np.arange(len(prices) + 1)).tolist()

    def of(self, each: int, most: int | None = None) -> Iterator[tuple[int, int]]:
        """The others with what they are worth."""
        start, stop = self._starts[each], self._starts[each + 1]
        stop = stop if most is None else min(stop, start + most)
        return zip(self._others[start:stop], self._worth[start:stop], strict=True)

    def around(self, seeds: Sequence[int], mate: Sequence[int], size: int) -> list[int]:
        """About so many people near the seeds, who lose least first; partners come together."""
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

    def best_within(self, region: Sequence[int]) -> list[Pair]:
        """The exact matching of these people."""
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
