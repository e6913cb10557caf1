"""Which pairs of a large level are worth a look: everybody's best partner in each neighbourhood of schools."""

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
"""So many neighbourhoods at most, of so many people at least. One partner in each keeps candidates diverse: whole
schools stay unmatched when only value counts."""

BLOCK, ROWS = 512, 256
"""About so many people in the columns and the rows of a tile: small enough for a processor's cache."""

THREADS = 2
"""numpy lets go of the interpreter while it works on a tile. What comes out does not depend on their number."""

DRAW = 8
"""So many bits decide between partners who are worth the same."""

NOTHING = np.iinfo(np.int32).min
"""The score of somebody who may meet nobody in a neighbourhood."""

Scores: TypeAlias = NDArray[np.int32]
Place: TypeAlias = tuple[int, slice]
"""A neighbourhood: its number, and the places of its people."""


class Best(NamedTuple):
    """For everybody and each neighbourhood: the best score there, and whose place it is."""

    score: Scores
    partner: NDArray[np.int32]


def look(values: Values, prices: Scores | None, done: Callable[[float], None] | None = None) -> Best:
    """Score every pair there is: what it is worth, less the prices of both where there are any, else with a draw."""
    size = len(values.school)
    edges = np.linspace(0, size, max(1, min(NEIGHBOURHOODS, size // NEIGHBOURS)) + 1).astype(int).tolist()
    neighbourhoods = list(enumerate(slice(*each) for each in pairwise(edges)))
    together = max(1, BLOCK // edges[1])
    blocks = [neighbourhoods[at : at + together] for at in range(0, len(neighbourhoods), together)]
    shape = (size, len(neighbourhoods))
    best = Best(np.full(shape, NOTHING, dtype=np.int32), np.zeros(shape, dtype=np.int32))

    def look_from(at: int) -> None:
        for other in range(at, len(blocks)):
            _compare(values, prices, best, blocks[at], blocks[other])

    with ThreadPoolExecutor(THREADS) as threads:
        for count, _ in enumerate(threads.map(look_from, range(len(blocks))), start=1):
            if done:
                left = 1 - count / len(blocks)
                done(1 - left * left)  # of a triangle
    return best


def _compare(
    values: Values, prices: Scores | None, best: Best, here: Sequence[Place], there: Sequence[Place]
) -> None:
    """Everybody of some neighbourhoods with everybody of others; each pair is worked out once, and serves both."""
    columns = slice(there[0][1].start, there[-1][1].stop)
    for start in range(here[0][1].start, here[-1][1].stop, ROWS):
        rows = slice(start, min(start + ROWS, here[-1][1].stop))
        scores = _scores(values.tile(rows, columns), prices, rows, columns)
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


def _scores(tile: Tile, prices: Scores | None, rows: slice, columns: slice) -> Scores:
    scores = tile.astype(np.int32)
    if prices is None:
        # Many are worth the same, where profiles are empty all of them: without a draw everybody would look at the
        # same few. Places are drawn by lot, so what is drawn from them is fair.
        scores <<= DRAW
        scores |= _draw(rows)[:, None] ^ _draw(columns)[None, :]
    else:
        scores -= prices[rows, None]
        scores -= prices[None, columns]
    scores[tile == NO_PAIR] = NOTHING
    return scores


def _draw(places: slice) -> Scores:
    """Bits that look like chance."""
    mixed = np.arange(places.start, places.stop, dtype=np.uint32) * np.uint32(2_654_435_761)
    return (mixed >> np.uint32(32 - DRAW)).astype(np.int32)


def best_pairs(best: Best, most: int, above: int = NOTHING) -> tuple[Places, Places]:
    """Each one's best partners, so many at most and only above that score; the lesser place first, none twice."""
    size = len(best.score)
    # Stable: equals go by their place, the same on every machine.
    order = np.argsort(-best.score.astype(np.int64), axis=1, kind="stable")[:, :most]
    member = np.repeat(np.arange(size), order.shape[1])
    chosen = order.ravel()
    good = best.score[member, chosen] > above
    a, b = member[good], best.partner[member, chosen][good].astype(np.intp)
    keys = np.unique(np.minimum(a, b) * size + np.maximum(a, b))
    return np.divmod(keys, size)
