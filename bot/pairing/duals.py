"""The fractional matching of a sparse graph, and prices that prove how good it is."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from bot.pairing.columns import Places

Worths: TypeAlias = NDArray[np.int64]

ENOUGH = 10**10
"""That somebody is assigned at all is worth more than anything that can be won by whom."""


class Priced(NamedTuple):
    """A matching in which everybody may sit half with one and half with another, and its proof."""

    partner: Places
    """A permutation: cycles of two are pairs, longer ones are halves; who is alone partners themselves."""
    prices: Worths
    """Twice what each is worth: no edge is worth more than the prices of its ends, and those sat on are worth it."""


def price(size: int, a: Places, b: Places, worth: Worths) -> Priced:
    """An assignment between two copies of everybody (each pair both ways), and its prices made the same for both.

    Worths are positive; sitting alone is worth 1, so that everybody can.
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
    # What somebody's own seat is worth: of several edges to the same partner there is only one.
    own = np.ones(size, dtype=np.int64)
    seated = partner[rows] == columns
    own[rows[seated]] = weight[seated]
    # Bellman-Ford: a seat costs what anybody would gain by taking it instead of their own.
    gain = weight - own[rows]
    seats = np.zeros(size, dtype=np.int64)
    while True:
        dearer = np.maximum(seats, np.maximum.reduceat(seats[partner[rows]] + gain, starts))
        if (dearer == seats).all():
            break
        seats = dearer
    return Priced(partner, own - seats[partner] + seats)


def assign(people: int, rows: Places, columns: Places, worth: Worths) -> list[int]:
    """Which choices to take, so that each of the people (rows) and each column is in one at most.

    First as many people as can be, then what it is worth; a person's equal choices of a column go by their order.
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
