"""The arrangement of one level: exact where it is small, else by column generation with a bound for all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import NamedTuple

from bot.pairing.column_generation import Report, generate_candidates, match_large
from bot.pairing.duals import Worths
from bot.pairing.graph import LOYALTY, MatchingRules, PairGraph
from bot.pairing.groups import GroupIds, find_best_groups
from bot.pairing.insertion import form_trios, insert_unmatched
from bot.pairing.large_level import REPEAT, LargeLevel, repeat_penalty
from bot.pairing.quality import Person
from bot.pairing.trios import find_trios

EXACT = 300
"""The largest level of which all pairs are matched exactly."""

LARGE, EXACT_IN_LARGE = 600, 100
"""With more people than `LARGE` in all levels, only levels up to `EXACT_IN_LARGE` are matched exactly, to save time."""

RECONSIDERED, NEARBY = 10, 10
"""People left out for whom a place is looked for again, and the groups that are matched anew with each."""

IN_ORDER = ("quality", "age", "repeat", "mixed", "three", "cover")


class ArrangedLevel(NamedTuple):
    """The groups of a level, and their value in hundredths of a point as weighed."""

    groups: list[GroupIds]
    value: int
    gap: int
    """The most by which other groups could be better that place as many people and repeat as few pairs."""


def exact_up_to(everybody: int) -> int:
    """Return the size up to which levels are matched exactly, given the number of people in all levels."""
    return EXACT if everybody <= LARGE else EXACT_IN_LARGE


def arrange_level(
    people: Sequence[Person],
    size: int,
    rules: MatchingRules,
    report: Report = lambda _: None,
    *,
    exact: int = EXACT,
) -> ArrangedLevel:
    """Return the best groups of people of one level; of more than `exact` people, good groups and their gap."""
    graph = PairGraph(people, IN_ORDER, rules)
    if len(people) <= exact:
        return _arrange_exactly(graph, size)
    level = LargeLevel.of(people, rules)
    matching = match_large(level.values, level.special, report)
    groups = _place_left_out(graph, insert_unmatched(graph, level, matching.mate))
    trios = form_trios(graph, level, matching, groups) if size == 3 else None
    return _with_gap(graph, trios or groups, matching.prices, all_pairs=trios is not None)


def _place_left_out(graph: PairGraph, groups: list[GroupIds]) -> list[GroupIds]:
    """Match anew, exactly, the groups around people who are left out though there are places for them."""
    largest = max(graph.schools.values())
    unavoidable = max(0, 3 * largest - 2 * len(graph.people))
    if len(graph.people) - sum(map(len, groups)) <= unavoidable:
        return groups
    left = sorted(graph.people.keys() - {each for group in groups for each in group})
    for each in left[:RECONSIDERED]:
        alone = [other for other in left if other == each or graph.school(other) == graph.school(each)]
        near = sorted(groups, key=lambda group: not any(graph.may_pair(each, other) for other in group))
        around = {*alone[:4], each, *(other for group in near[:NEARBY] for other in group)}
        few = PairGraph((graph.people[other] for other in around), IN_ORDER, graph.rules)
        anew = find_best_groups(few).groups
        before = [group for group in groups if around.issuperset(group)]
        if sum(map(len, anew)) > sum(map(len, before)):
            return _place_left_out(graph, [*(group for group in groups if group not in before), *anew])
    return groups


def _arrange_exactly(graph: PairGraph, size: int) -> ArrangedLevel:
    best = find_best_groups(graph)
    trios = find_trios(graph, best.groups) if size == 3 else None
    if not trios and not best.gap:
        value = sum(_points(graph, group, all_pairs=False) for group in best.groups)
        return ArrangedLevel(best.groups, value, 0)
    level = LargeLevel.of(graph.people.values(), graph.rules)
    _, prices, _ = generate_candidates(level.values, level.special)
    if trios:
        return _with_gap(graph, trios, prices, all_pairs=True)
    arranged = _with_gap(graph, best.groups, prices, all_pairs=False)
    return arranged._replace(gap=min(best.gap, arranged.gap))


def _with_gap(graph: PairGraph, groups: list[GroupIds], prices: Worths, *, all_pairs: bool) -> ArrangedLevel:
    """Return the groups with their value, and the gap to the bound that the dual prices give.

    A pair is worth at most half the sum of its prices. So the bound counts each person of a pair once and of a trio
    once, its middle twice; or each person of a trio twice where all its pairs count. People left out are not counted.
    """
    ordered = sorted(prices.tolist())
    alone = len(ordered) - sum(map(len, groups))
    trios = sum(len(group) == 3 for group in groups)
    if all_pairs:
        in_pairs = 2 * (len(groups) - trios)
        twice_bound = 2 * sum(ordered[alone:]) - sum(ordered[alone : alone + in_pairs])
    else:
        twice_bound = sum(ordered[alone:]) + (sum(ordered[-trios:]) if trios else 0)
    value = sum(_points(graph, group, all_pairs=all_pairs) for group in groups)
    special = sum(_special(graph, group, all_pairs=all_pairs) for group in groups)
    gap = max(0, twice_bound // 2 - value - special)
    if gap < REPEAT or not graph.rules.past.ages:
        return ArrangedLevel(groups, value, gap)
    # Where only half pairs could avoid some repeats, that bound says nothing. One without penalties for repeats does.
    free = replace(graph.rules, past=replace(graph.rules.past, ages={}))
    level = LargeLevel.of(graph.people.values(), free)
    _, prices, _ = generate_candidates(level.values, level.special)
    without_penalties = _with_gap(
        PairGraph(graph.people.values(), IN_ORDER, free), groups, prices, all_pairs=all_pairs
    )
    return ArrangedLevel(groups, value, min(gap, without_penalties.gap))


def _points(graph: PairGraph, group: GroupIds, *, all_pairs: bool) -> int:
    """Return the quality of a group: of its edges, or of all its pairs."""
    return sum(graph.points(a, b) for a, b in _counted(group, all_pairs=all_pairs))


def _counted(group: GroupIds, *, all_pairs: bool) -> list[tuple[int, int]]:
    return list(combinations(group, 2)) if all_pairs else list(pairwise(group))


def _special(graph: PairGraph, group: GroupIds, *, all_pairs: bool) -> int:
    """Return what counts besides quality: the bonus of announced pairs, less the penalty of every repeat."""
    pairs = [frozenset(pair) for pair in combinations(group, 2)]
    counted = [frozenset(pair) for pair in _counted(group, all_pairs=all_pairs)]
    return LOYALTY * sum(pair in graph.rules.announced for pair in counted) - sum(
        repeat_penalty(graph.rules, pair) for pair in pairs
    )
