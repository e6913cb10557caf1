"""Candidate pairs of a large level: each person's best partner in every neighbourhood of schools.

All pairs are scored, a rectangle at a time, and only the best are kept. With prices the same scan is the pricing step
of column generation: it finds the pairs whose worth exceeds the prices of their ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.pairing.columns import Places
from bot.pairing.scores import NO_PAIR, Tile, Values

NEIGHBOURHOODS, NEIGHBOURS = 64, 24
"""The most neighbourhoods, and the least people in one. A partner from each keeps the candidates diverse: with the best
by worth alone, whole schools would stay unmatched."""

BLOCK, ROWS = 512, 256
"""About the columns and rows of one rectangle: small enough for a processor's cache."""

THREADS = 2
"""numpy releases the interpreter lock while it works. The result does not depend on the number of threads."""

DRAW_BITS = 8
"""Bits that decide between partners of equal worth."""

NOTHING = np.iinfo(np.int32).min
"""The score of somebody who may meet nobody in a neighbourhood."""

Scores: TypeAlias = NDArray[np.int32]
Neighbourhood: TypeAlias = tuple[int, slice]
"""The number of a neighbourhood, and the places of its people."""


class BestPartners(NamedTuple):
    """For each person and each neighbourhood: the best score there, and the place of the partner."""

    score: Scores
    partner: NDArray[np.int32]


def find_best_partners(
    values: Values, prices: Scores | None, report: Callable[[float], None] | None = None
) -> BestPartners:
    """Score all pairs: by worth less the prices of both ends; without prices by worth, equals by a draw."""
    size = len(values.school)
    edges = np.linspace(0, size, max(1, min(NEIGHBOURHOODS, size // NEIGHBOURS)) + 1).astype(int).tolist()
    neighbourhoods = list(enumerate(slice(*each) for each in pairwise(edges)))
    together = max(1, BLOCK // edges[1])
    blocks = [neighbourhoods[at : at + together] for at in range(0, len(neighbourhoods), together)]
    shape = (size, len(neighbourhoods))
    best = BestPartners(np.full(shape, NOTHING, dtype=np.int32), np.zeros(shape, dtype=np.int32))

    def scan_from(at: int) -> None:
        for other in range(at, len(blocks)):
            _compare(values, prices, best, blocks[at], blocks[other])

    with ThreadPoolExecutor(THREADS) as threads:
        for count, _ in enumerate(threads.map(scan_from, range(len(blocks))), start=1):
            if report:
                left = 1 - count / len(blocks)
                report(1 - left * left)  # the blocks form a triangle: later ones have fewer others
    return best


def _compare(
    values: Values,
    prices: Scores | None,
    best: BestPartners,
    here: Sequence[Neighbourhood],
    there: Sequence[Neighbourhood],
) -> None:
    """Update the best partners by all pairs of two blocks; each pair is scored once and serves both its ends."""
    columns = slice(there[0][1].start, there[-1][1].stop)
    for start in range(here[0][1].start, here[-1][1].stop, ROWS):
        rows = slice(start, min(start + ROWS, here[-1][1].stop))
        scores = _score(values.tile(rows, columns), prices, rows, columns)
        for other, place in there:
            part = scores[:, place.start - columns.start : place.stop - columns.start]
            partner = part.argmax(axis=1)
            best.score[rows, other] = part[np.arange(len(partner)), partner]
            best.partner[rows, other] = partner + place.start
        if here is there:
            continue
        for at, place in here:
            top, bottom = max(place.start, rows.start), min(place.stop, rows.stop)
            if top < bottom:
                part = scores[top - rows.start : bottom - rows.start]
                highest = part.max(axis=0)
                better = np.flatnonzero(highest > best.score[columns, at])
                best.score[columns.start + better, at] = highest[better]
                best.partner[columns.start + better, at] = part[:, better].argmax(axis=0) + top


def _score(tile: Tile, prices: Scores | None, rows: slice, columns: slice) -> Scores:
    scores = tile.astype(np.int32)
    if prices is None:
        # Many pairs are worth the same (with empty profiles, all of them). Without a draw everybody would get the same
        # few candidates. The order of people is drawn from the seed, so a draw by place is fair.
        scores <<= DRAW_BITS
        scores |= _draw(rows)[:, None] ^ _draw(columns)[None, :]
    else:
        scores -= prices[rows, None]
        scores -= prices[None, columns]
    scores[tile == NO_PAIR] = NOTHING
    return scores


def _draw(places: slice) -> Scores:
    """Return pseudo-random bits for each place."""
    mixed = np.arange(places.start, places.stop, dtype=np.uint32) * np.uint32(2_654_435_761)
    return (mixed >> np.uint32(32 - DRAW_BITS)).astype(np.int32)


def select_pairs(best: BestPartners, most: int, above: int = NOTHING) -> tuple[Places, Places]:
    """Return up to `most` best partners of each person, with scores over `above`, as pairs without repeats.

    The lesser place of a pair comes first.
    """
    size = len(best.score)
    # Stable: equals go by their place, the same on every machine.
    order = np.argsort(-best.score.astype(np.int64), axis=1, kind="stable")[:, :most]
    member = np.repeat(np.arange(size), order.shape[1])
    chosen = order.ravel()
    good = best.score[member, chosen] > above
    a, b = member[good], best.partner[member, chosen][good].astype(np.intp)
    keys = np.unique(np.minimum(a, b) * size + np.maximum(a, b))
    return np.divmod(keys, size)
