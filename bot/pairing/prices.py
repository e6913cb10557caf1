"""The fractional matching of a sparse graph, and prices that prove how good it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from bot.pairing.values import Places

Worths = NDArray[np.int64]


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
    _, partner = min_weight_full_bipartite_matching(graph, maximize=True)
    partner = partner.astype(np.intp)
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
