"""The pairing engine compared with greedy pairing, networkx and rustworkx: time, memory, coverage, value and gap.

One level, so that everybody may meet everybody of another school: the hardest case. Each run has a process of its
own. `python bench/pairing.py 100 1000` measures these sizes only.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from math import log
from pathlib import Path
from typing import NamedTuple

import networkx as nx  # type: ignore[import-untyped]  # it has no types
import numpy as np
import rustworkx

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.crowds import crowd
from bot.pairing import Person, Weights, arrange
from bot.pairing.scores import Values

SIZES = (100, 1_000, 10_000, 50_000)
WEIGHTS = Weights(slots=5, experience=5)
LARGEST = {"greedy": 50_000, "networkx": 100, "rustworkx": 1_000, "engine": 50_000, "engine, levels": 50_000}
"""With more people they take minutes, or memory that grows with the square."""


class Run(NamedTuple):
    """The result of one method."""

    seconds: float
    megabytes: float
    placed: int
    value: int
    gap: float | None


def run(method: str, heads: int) -> Run:
    """Run one method in this process."""
    people = crowd(heads) if method == "engine, levels" else crowd(heads, levels=("teacher",))
    started = time.perf_counter()
    gap: float | None = None
    match method:
        case "greedy":
            value, placed = _worth(_greedy(people))
        case "networkx":
            value, placed = _worth(_networkx(people))
        case "rustworkx":
            value, placed = _worth(_rustworkx(people))
        case _:
            made = arrange(people, history=(), blocked=(), on=date.min, weights=WEIGHTS)
            value, gap = made.value, float(made.gap)
            placed = sum(len(group.member_ids) for group in made.groups)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(seconds, peak, placed, value, gap)


def _values(people: Sequence[Person]) -> Values:
    return Values(people, ties={}, poor_fits={}, on=date.min, weights=WEIGHTS, need_slot=False)


def _worth(worths: Iterator[int]) -> tuple[int, int]:
    found = list(worths)
    return sum(found), 2 * len(found)


def _greedy(people: Sequence[Person]) -> Iterator[int]:
    """Pair each person in turn with the best partner who is still free."""
    values, free = _values(people), np.ones(len(people), dtype=bool)
    for each in range(len(people)):
        if free[each]:
            row = np.where(free, values.tile(slice(each, each + 1), slice(0, len(people)))[0], -1)
            best = int(row.argmax())
            if row[best] >= 0:
                free[[each, best]] = False
                yield int(row[best])


def _all_pairs(people: Sequence[Person]) -> tuple[list[tuple[int, int, int]], dict[tuple[int, int], int]]:
    everybody = slice(0, len(people))
    tile = _values(people).tile(everybody, everybody)
    worth = {(a, b): int(tile[a, b]) for a, b in np.argwhere(np.triu(tile >= 0)).tolist()}
    return [(a, b, points) for (a, b), points in worth.items()], worth


def _networkx(people: Sequence[Person]) -> Iterator[int]:
    edges, worth = _all_pairs(people)
    graph = nx.Graph()
    graph.add_weighted_edges_from(edges)
    for a, b in nx.max_weight_matching(graph, maxcardinality=True):
        yield worth[min(a, b), max(a, b)]


def _rustworkx(people: Sequence[Person]) -> Iterator[int]:
    edges, worth = _all_pairs(people)
    graph: rustworkx.PyGraph[None, int] = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from([None] * len(people))
    graph.add_edges_from(edges)
    for a, b in rustworkx.max_weight_matching(graph, max_cardinality=True, weight_fn=int):
        yield worth[min(a, b), max(a, b)]


def main(sizes: Sequence[int]) -> None:
    """Run every method on every size that it can do, and print how the engine's time grows."""
    print(
        f"{'people':>7} {'method':<15} {'seconds':>8} {'MB':>6} {'placed':>8} {'value':>10} {'proven gap':>11}"
    )
    taken: dict[int, float] = {}
    for heads in sizes:
        for method, largest in LARGEST.items():
            if heads <= largest:
                command = [sys.executable, __file__, "--run", method, str(heads)]
                made = Run(*json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
                gap = "" if made.gap is None else f"{100 * made.gap:.4f} %"
                print(
                    f"{heads:7} {method:<15} {made.seconds:8.2f} {made.megabytes:6.0f} "
                    f"{100 * made.placed / heads:6.1f} % {made.value / 100:10.0f} {gap:>11}",
                    flush=True,
                )
                if method == "engine":
                    taken[heads] = made.seconds
    for few, many in pairwise(sizes):
        growth = log(taken[many] / taken[few]) / log(many / few)
        print(f"  the engine's time from {few} to {many} people grows as n^{growth:.2f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--run", method, heads]:
            print(json.dumps(run(method, int(heads))))
        case sizes:
            main([int(size) for size in sizes] or SIZES)
