"""Fractional matching of a sparse graph, with the dual prices that bound every matching.

The linear relaxation of matching is an assignment between two copies of the people (Balinski 1965): its cycles of two
are pairs, longer cycles are half pairs. The dual prices are the shortest-path potentials of its residual graph
(Bellman 1958, Ford 1956).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from bot.pairing.columns import Places

Worths: TypeAlias = NDArray[np.int64]

ENOUGH = 10**10
"""The worth of being assigned at all: more than any choice can win."""


class FractionalMatching(NamedTuple):
    """A matching in which people may be half matched with each of two others, and its dual prices."""

    partner: Places
    """A permutation: cycles of two are pairs, longer ones are half pairs; who is unmatched partners themselves."""
    prices: Worths
    """Twice the dual values: twice an edge's worth is at most the sum of the prices of its ends, with equality on edges
    that are used."""


def match_fractionally(size: int, a: Places, b: Places, worth: Worths) -> FractionalMatching:
    """Return the best fractional matching of the edges (a, b), each listed once.

    Worths are positive. Being unmatched is worth 1, so that a full assignment always exists.
    """
    alone = np.arange(size)
    rows, columns = np.concatenate([a, b, alone]), np.concatenate([b, a, alone])
    weight = np.concatenate([worth, worth, np.ones(size, dtype=np.int64)])
    graph = csr_array((weight.astype(np.float64), (rows, columns)), shape=(size, size))
    _, found = min_weight_full_bipartite_matching(graph, maximize=True)
    partner: Places = np.array(found, dtype=np.intp)
    order = np.argsort(columns, kind="stable")
    rows, columns, weight = rows[order], columns[order], weight[order]
    starts = np.searchsorted(columns, alone)
    # The worth of each person's own edge: there is only one edge to a partner.
    own = np.ones(size, dtype=np.int64)
    is_used = partner[rows] == columns
    own[rows[is_used]] = weight[is_used]
    # Bellman-Ford: the potential of a column is the most that any row would gain by taking it instead of its own.
    gain = weight - own[rows]
    potential = np.zeros(size, dtype=np.int64)
    while True:
        higher = np.maximum(potential, np.maximum.reduceat(potential[partner[rows]] + gain, starts))
        if (higher == potential).all():
            break
        potential = higher
    return FractionalMatching(partner, own - potential[partner] + potential)


def assign(people: int, rows: Places, columns: Places, worth: Worths) -> list[int]:
    """Return the indexes of the choices (row, column) of greatest worth in which no row and no column repeats.

    As many of the `people` rows as possible are assigned. Of a row's equal choices of one column the first counts.
    """
    if not people or not len(rows):
        return []
    names, column = np.unique(columns, return_inverse=True)
    # The best of several choices of the same column.
    order = np.lexsort((np.arange(len(rows)), -worth, column, rows))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(rows[order]) != 0) | (np.diff(column[order]) != 0)
    kept = order[first]
    nowhere = np.arange(people)
    weight = np.concatenate([worth[kept] + ENOUGH, np.ones(people, dtype=np.int64)])
    graph = csr_array(
        (
            weight.astype(np.float64),
            (np.append(rows[kept], nowhere), np.append(column[kept], len(names) + nowhere)),
        ),
        shape=(people, len(names) + people),
    )
    taken = dict(zip(*min_weight_full_bipartite_matching(graph, maximize=True), strict=True))
    return sorted(int(choice) for choice in kept if taken[rows[choice]] == column[choice])
